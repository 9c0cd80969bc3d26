//! Style and script, compiled in and named by their content, so that browsers keep them for good.

use std::sync::LazyLock;

use axum::{
    extract::Path,
    response::{IntoResponse as _, Response},
};
use http::header;
use sha2::{Digest as _, Sha256};

use crate::{accent, refusal::Refusal};

const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// A file that pages refer to.
pub(crate) struct Asset {
    /// Its path, with its hash.
    pub(crate) path: String,
    content_type: &'static str,
    text: &'static str,
}

/// The stylesheet.
pub(crate) static STYLE: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("console", "css", "text/css; charset=utf-8", include_str!("../assets/console.css"))
});
/// The script.
pub(crate) static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("console", "js", "text/javascript; charset=utf-8", include_str!("../assets/console.js"))
});
/// The icon of the browser's tab.
pub(crate) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("icon", "svg", "image/svg+xml", include_str!("../assets/icon.svg")));

impl Asset {
    fn new(name: &str, extension: &str, content_type: &'static str, text: &'static str) -> Self {
        let hash: String = Sha256::digest(text).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Self { path: format!("/assets/{name}.{hash}.{extension}"), content_type, text }
    }
}

/// `GET /assets/{file}`.
pub(crate) async fn show(Path(file): Path<String>) -> Result<Response, Refusal> {
    if let Some(sheet) = accent::sheet(&file) {
        let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, FOR_GOOD)];
        return Ok((headers, sheet).into_response());
    }
    let assets = [&*STYLE, &*SCRIPT, &*ICON];
    let found = assets.into_iter().find(|asset| asset.path.strip_prefix("/assets/") == Some(file.as_str()));
    let asset = found.ok_or(Refusal::NotFound("this file"))?;
    let headers = [(header::CONTENT_TYPE, asset.content_type), (header::CACHE_CONTROL, FOR_GOOD)];
    Ok((headers, asset.text).into_response())
}
