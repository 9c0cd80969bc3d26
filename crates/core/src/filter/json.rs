//! JSON as values of the expression language. Whole numbers are `int` wherever they fit.

use std::{collections::HashMap, fmt, sync::Arc};

use cel::Value;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::message::Message;

/// A JSON value, read without a detour.
pub(super) struct Json(pub(super) Value);

/// `event`: what is known of a message beside its payload.
pub(super) fn event(message: &Message) -> Value {
    let channels: Vec<Value> = message.channels.iter().map(|channel| channel.as_str().into()).collect();
    let members: [(&str, Value); 4] = [
        ("type", message.event_type.as_str().into()),
        ("id", message.event_id.as_ref().map_or(Value::Null, |id| id.as_str().into())),
        ("channels", channels.into()),
        ("timestamp", message.created_at.to_string().into()),
    ];
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<HashMap<_, _>>().into()
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyJson).map(Self)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::UInt(value), Value::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Json(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(Arc::new(list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = HashMap::new();
        // Of a name that stands twice, the last member counts, as with most parsers.
        while let Some((name, Json(value))) = members.next_entry::<String, _>()? {
            map.insert(name, value);
        }
        Ok(map.into())
    }
}
