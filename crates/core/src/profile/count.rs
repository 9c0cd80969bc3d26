//! Whole numbers of a profile.

use std::fmt;

use serde::{Deserialize, Deserializer, de};

/// How many of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count(pub(super) usize);

/// The least and the most of something, as `[least, most]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds(pub(super) [usize; 2]);

impl<'de> Deserialize<'de> for Count {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_u64(CountVisitor)
    }
}

impl<'de> Deserialize<'de> for Bounds {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(BoundsVisitor)
    }
}

struct CountVisitor;

impl de::Visitor<'_> for CountVisitor {
    type Value = Count;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number without quotes or unit")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Count, E> {
        let count = usize::try_from(number);
        count
            .map(Count)
            .map_err(|_| E::custom(format!("`{number}` is less than nothing: write a whole number")))
    }
}

struct BoundsVisitor;

impl<'de> de::Visitor<'de> for BoundsVisitor {
    type Value = Bounds;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the least and the most, such as [16, 64]")
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Bounds, E> {
        Err(E::custom(format!("write the least and the most: [{number}, {number}]")))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Bounds, A::Error> {
        let mut counts = Vec::new();
        while let Some(Count(count)) = items.next_element()? {
            counts.push(count);
        }
        match counts.as_slice() {
            &[least, most] if least > most => {
                Err(de::Error::custom(format!("the least comes first: [{most}, {least}]")))
            }
            &[least, most] => Ok(Bounds([least, most])),
            other => Err(de::Error::custom(format!(
                "write the least and the most, such as [16, 64], not {} numbers",
                other.len()
            ))),
        }
    }
}
