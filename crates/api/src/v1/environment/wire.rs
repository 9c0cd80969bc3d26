//! How a portal looks, as the API shows and takes it.

use fanfare_core::portal::Portal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::error::ApiError;

/// How the portal of an environment looks, and which sites may show it in a frame.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PortalSettings {
    /// What stands at the top of its pages, up to 60 characters.
    name: Option<String>,
    /// The colour of links and main buttons, such as `#3648c8`; it is made darker or lighter where text would be
    /// hard to read.
    colour: Option<String>,
    /// A picture beside the name: an `https://` URL.
    logo: Option<String>,
    /// The sites that may show it in a frame, such as `https://app.example.com`, at most 20; without any nobody may.
    origins: Vec<String>,
}

impl From<&Portal> for PortalSettings {
    fn from(portal: &Portal) -> Self {
        Self {
            name: portal.name.clone(),
            colour: portal.colour.map(|colour| colour.to_string()),
            logo: portal.logo.as_ref().map(ToString::to_string),
            origins: portal.origins.iter().map(ToString::to_string).collect(),
        }
    }
}

impl PortalSettings {
    pub(crate) fn parse(self) -> Result<Portal, ApiError> {
        let wrong = |field: &str, error: &dyn std::fmt::Display| {
            ApiError::invalid(&["body", field], error.to_string())
        };
        let mut origins = Vec::with_capacity(self.origins.len());
        for (place, text) in self.origins.iter().enumerate() {
            let wrong =
                |error| ApiError::invalid(&["body", "origins", &place.to_string()], format!("{error}"));
            origins.push(text.parse().map_err(|error: fanfare_core::portal::InvalidOrigin| wrong(error))?);
        }
        Ok(Portal {
            name: self.name,
            colour: self
                .colour
                .map(|text| text.parse())
                .transpose()
                .map_err(|error| wrong("colour", &error))?,
            logo: self.logo.map(|text| text.parse()).transpose().map_err(|error| wrong("logo", &error))?,
            origins,
        })
    }
}
