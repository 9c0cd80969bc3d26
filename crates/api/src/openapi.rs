//! This API described, generated from the operations themselves: `GET /api/v1/openapi.json`.

use utoipa::{
    PartialSchema as _, ToSchema as _,
    openapi::{
        Components, Info, OpenApi, Paths, RefOr, Schema, SecurityRequirement, Server,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::error::{ErrorOut, ValidationErrorItem, ValidationErrorOut};

const ABOUT: &str = "\
Fanfare sends webhooks. This API is that of the Svix server, so that its SDKs work unchanged; what Fanfare adds \
are optional fields and further paths.

**Keys** go as `Authorization: Bearer …`. An admin key may do everything in its environment; a publisher may read \
and post messages; a viewer may read; a portal token may read its one application, manage its endpoints, send again, \
send examples, and cancel. Secrets and headers of endpoints are for admin keys, and for portal tokens in their \
application.

**Names**: wherever an id is, the platform's own uid (of a message: its eventId) may stand instead.

**Lists** are pages: `iterator` leads to the next page, `prevIterator` to the one before.

**Times** are UTC, RFC 3339.";

/// The name of the security scheme.
const KEY: &str = "key";

/// The document over these operations.
pub(crate) fn document(parts: impl Iterator<Item = (Vec<(String, RefOr<Schema>)>, Paths)>) -> OpenApi {
    let mut info = Info::new("Fanfare", "v1");
    info.description = Some(ABOUT.to_owned());
    let mut document = OpenApi::new(info, Paths::new());
    let mut components = Components::new();
    for (schemas, paths) in parts {
        components.schemas.extend(schemas);
        document.paths.merge(paths);
    }
    components.schemas.extend([
        (ErrorOut::name().into_owned(), ErrorOut::schema()),
        (ValidationErrorOut::name().into_owned(), ValidationErrorOut::schema()),
        (ValidationErrorItem::name().into_owned(), ValidationErrorItem::schema()),
    ]);
    let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    components.security_schemes.insert(KEY.to_owned(), SecurityScheme::Http(scheme));
    document.components = Some(components);
    document.security = Some(vec![SecurityRequirement::new::<_, [&str; 0], &str>(KEY, [])]);
    document.servers = Some(vec![Server::new("/")]);
    document
}

/// The document as JSON.
pub(crate) fn text(document: &OpenApi) -> String {
    document.to_json().expect("a document made by utoipa is JSON")
}
