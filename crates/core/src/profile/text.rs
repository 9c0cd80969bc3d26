//! Values that profiles write as text: durations such as `5m`, status codes such as `2xx`.

use std::{fmt, marker::PhantomData, ops::RangeInclusive, str::FromStr, time::Duration};

use serde::{Deserialize, Deserializer, de};

use crate::limits::{ATTEMPT_TIMEOUT_MOST, ROTATION_OVERLAP_MOST};

/// A duration: a whole number and `ms`, `s`, `m`, `h` or `d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span(pub(super) Duration);

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is not a duration: write a number and ms, s, m, h or d, such as `5m`");
        let unit = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let millis: u64 = match &text[unit..] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(wrong()),
        };
        let count: u64 = text[..unit].parse().map_err(|_| wrong())?;
        let total = count.checked_mul(millis).filter(|total| *total <= MOST.as_millis() as u64);
        let total =
            total.ok_or_else(|| format!("`{text}` is longer than {} days", MOST.as_secs() / 86_400))?;
        Ok(Self(Duration::from_millis(total)))
    }
}

/// Nothing in a profile lasts longer than a year.
const MOST: Duration = Duration::from_secs(365 * 86_400);

/// A duration, or `never`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SpanOrNever(pub(super) Option<Duration>);

impl FromStr for SpanOrNever {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "never" { Ok(Self(None)) } else { text.parse().map(|Span(span)| Self(Some(span))) }
    }
}

/// The timeout of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Timeout(pub(super) Duration);

impl FromStr for Timeout {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Span(span) = text.parse()?;
        if span.is_zero() || span > ATTEMPT_TIMEOUT_MOST {
            return Err(format!("a timeout is more than 0s and at most {}s", ATTEMPT_TIMEOUT_MOST.as_secs()));
        }
        Ok(Self(span))
    }
}

/// How long a secret that was replaced stays valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Overlap(pub(super) Duration);

impl FromStr for Overlap {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Span(span) = text.parse()?;
        if span > ROTATION_OVERLAP_MOST {
            return Err(format!("an overlap is at most {} days", ROTATION_OVERLAP_MOST.as_secs() / 86_400));
        }
        Ok(Self(span))
    }
}

/// A share: from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub(super) struct Share(pub(super) f64);

impl TryFrom<f64> for Share {
    type Error = String;

    fn try_from(share: f64) -> Result<Self, String> {
        if (0.0..=1.0).contains(&share) { Ok(Self(share)) } else { Err("must be from 0.0 to 1.0".into()) }
    }
}

/// Status codes of answers: one (`200`), a class (`2xx`) or a range (`200-204`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Codes(pub(super) RangeInclusive<u16>);

impl FromStr for Codes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no status code: write `200`, `2xx` or `200-204`");
        let code = |text: &str| text.parse::<u16>().ok().filter(|code| (100..=999).contains(code));
        let range = match (text.strip_suffix("xx"), text.split_once('-')) {
            (Some(class), _) => {
                let first = class.parse::<u16>().ok().filter(|class| (1..=9).contains(class));
                first.map(|class| class * 100..=class * 100 + 99)
            }
            (None, Some((from, to))) => code(from).zip(code(to)).map(|(from, to)| from..=to),
            (None, None) => code(text).map(|code| code..=code),
        };
        let range = range.filter(|range| !range.is_empty()).ok_or_else(wrong)?;
        if *range.start() < ANSWERS[0] || *range.end() > ANSWERS[1] {
            let [least, most] = ANSWERS;
            return Err(format!(
                "`{text}` is no answer to a request: status codes of answers are {least} to {most}"
            ));
        }
        Ok(Self(range))
    }
}

/// Status codes that end a request, from and to (RFC 9110 §15).
const ANSWERS: [u16; 2] = [200, 599];

/// What is written as a text.
trait Written: FromStr<Err = String> {
    /// What was meant by a number in its place.
    fn of_number(number: i64) -> String;
}

macro_rules! read_from_text {
    ($($name:ident: $meant:literal)*) => {$(
        impl Written for $name {
            fn of_number(number: i64) -> String {
                format!($meant, number)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                from.deserialize_str(TextVisitor(PhantomData))
            }
        }
    )*};
}

read_from_text! {
    Span: "write the number with its unit and in quotes, such as \"{}s\""
    SpanOrNever: "write the number with its unit and in quotes, such as \"{}s\""
    Timeout: "write the number with its unit and in quotes, such as \"{}s\""
    Overlap: "write the number with its unit and in quotes, such as \"{}s\""
    Codes: "write the status code in quotes: \"{}\""
}

/// Reads a text within the deserializer's own call, so that it knows where in the file a mistake stands.
struct TextVisitor<T>(PhantomData<T>);

impl<T: Written> de::Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        Err(E::custom(T::of_number(number)))
    }
}
