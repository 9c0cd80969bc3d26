//! How the portal of an environment presents itself to customers, and which sites may show it in a frame.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr},
    str::FromStr,
};

use serde::{Deserialize, Serialize, de};
use url::{Host, Origin as UrlOrigin, Url};

use crate::limits::{PORTAL_ORIGINS, URL_BYTES};

/// The look of a portal, and who may frame it. Whatever is not said is as Fanfare does it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Portal {
    /// What stands at the top of its pages.
    pub name: Option<String>,
    /// The colour of links and main buttons.
    pub colour: Option<Colour>,
    /// A picture beside the name.
    pub logo: Option<LogoUrl>,
    /// The sites that may show it in a frame; without any nobody may.
    pub origins: Vec<Origin>,
}

/// A colour, `#rrggbb`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub [u8; 3]);

/// A text that is not a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a colour such as #3648c8: a # and six hexadecimal digits")]
pub struct InvalidColour;

impl FromStr for Colour {
    type Err = InvalidColour;

    fn from_str(text: &str) -> Result<Self, InvalidColour> {
        let digits = text.strip_prefix('#').ok_or(InvalidColour)?;
        let plain = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).map_err(|_| InvalidColour);
        if plain { Ok(Self([part(0)?, part(2)?, part(4)?])) } else { Err(InvalidColour) }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Colour {
    /// White.
    pub const WHITE: Self = Self([0xff; 3]);
    /// Black.
    pub const BLACK: Self = Self([0; 3]);

    /// How well the two can be told apart, from 1 to 21 (WCAG 2.2, contrast ratio).
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// This colour with so many hundredths of another one in it.
    #[must_use]
    pub fn mixed(self, other: Self, hundredths: u16) -> Self {
        let part = |own: u8, theirs: u8| {
            let sum = u16::from(own) * (100 - hundredths.min(100)) + u16::from(theirs) * hundredths.min(100);
            u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX)
        };
        let ([r, g, b], [x, y, z]) = (self.0, other.0);
        Self([part(r, x), part(g, y), part(b, z)])
    }

    /// WCAG 2.2, relative luminance.
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126f64.mul_add(red, 0.7152f64.mul_add(green, 0.0722 * blue))
    }
}

/// Where a logo is: `https`, and nothing in it that would end a source in a content security policy.
#[derive(Clone, PartialEq, Eq)]
pub struct LogoUrl(Url);

/// Why a text is not the URL of a logo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an https:// URL of at most 2048 bytes, without user name, semicolon, comma, quotes or a part after #"
)]
pub struct InvalidLogoUrl;

impl FromStr for LogoUrl {
    type Err = InvalidLogoUrl;

    fn from_str(text: &str) -> Result<Self, InvalidLogoUrl> {
        let url = Url::parse(text).map_err(|_| InvalidLogoUrl)?;
        let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let safe = |byte: u8| byte.is_ascii_graphic() && !b";,'\"*".contains(&byte);
        let fits = url.as_str().len() <= URL_BYTES / 2 && url.as_str().bytes().all(safe);
        if url.scheme() == "https" && bare && fits { Ok(Self(url)) } else { Err(InvalidLogoUrl) }
    }
}

impl fmt::Display for LogoUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl LogoUrl {
    /// The source that a content security policy allows for it: sources have no query (CSP 3, §2.3.1).
    pub fn source(&self) -> String {
        format!("{}{}", self.0.origin().ascii_serialization(), self.0.path())
    }
}

/// A site: scheme, host and port, and no more.
#[derive(Clone, PartialEq, Eq)]
pub struct Origin(String);

/// Why a text is not a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidOrigin {
    /// Not of that form.
    #[error("must be a site such as https://app.example.com, without a path")]
    Form,
    /// Anybody on the way could put it into a frame of their own.
    #[error("must begin with https:// unless it is on this machine")]
    Plain,
}

impl FromStr for Origin {
    type Err = InvalidOrigin;

    fn from_str(text: &str) -> Result<Self, InvalidOrigin> {
        let url = Url::parse(text).map_err(|_| InvalidOrigin::Form)?;
        let origin = url.origin();
        let UrlOrigin::Tuple(scheme, host, _) = &origin else { return Err(InvalidOrigin::Form) };
        let origin = origin.ascii_serialization();
        let safe = origin.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/.-[]".contains(&byte));
        let bare = url.username().is_empty() && url.password().is_none();
        if !safe || !bare || !matches!(url.as_str().strip_prefix(origin.as_str()), Some("" | "/")) {
            return Err(InvalidOrigin::Form);
        }
        match (scheme.as_str(), host) {
            ("https", _) => Ok(Self(origin)),
            ("http", host) if is_here(host) => Ok(Self(origin)),
            ("http", _) => Err(InvalidOrigin::Plain),
            _ => Err(InvalidOrigin::Form),
        }
    }
}

fn is_here(host: &Host) -> bool {
    match host {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => *address == Ipv4Addr::LOCALHOST || address.is_loopback(),
        Host::Ipv6(address) => *address == Ipv6Addr::LOCALHOST,
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

macro_rules! as_text {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    )*};
}

as_text! { Colour LogoUrl Origin }

impl Portal {
    /// The sites that may frame it, as a content security policy names them.
    pub fn frame_ancestors(&self) -> String {
        match self.origins.as_slice() {
            [] => "'none'".to_owned(),
            origins => origins.iter().map(|origin| origin.0.as_str()).collect::<Vec<_>>().join(" "),
        }
    }

    /// Whether any site may frame it.
    pub fn may_be_framed(&self) -> bool {
        !self.origins.is_empty()
    }

    /// Whether there are no more sites than may be.
    pub fn fits(&self) -> bool {
        self.origins.len() <= PORTAL_ORIGINS
    }
}

#[cfg(test)]
mod tests;
