//! The body: the payload itself, or a skeleton filled with it.

use bytes::Bytes;

use super::{
    RenderError,
    drops::Drops,
    scan::NotAnObject,
    skeleton::{Member, Node},
    spread::spread,
    value::{Value, Values},
};
use crate::message::Payload;

/// How a profile's bodies are made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) form: Form,
    /// What of a payload nobody is shown.
    pub(crate) drops: Drops,
}

/// What stands around the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Form {
    /// Nothing: the payload's bytes are the body.
    Raw,
    /// JSON.
    Skeleton(Node),
}

impl Body {
    /// Whether the secret stands in it.
    pub(crate) fn shows_secret(&self) -> bool {
        matches!(&self.form, Form::Skeleton(node) if node.names(Value::Secret))
    }

    pub(crate) fn render(&self, values: &Values<'_>) -> Result<Bytes, RenderError> {
        let payload = match &values.rendering().message.payload {
            Payload::Expunged => return Err(RenderError::PayloadGone),
            Payload::Raw(bytes) => return Ok(bytes.clone()),
            Payload::Json(bytes) => self.drops.cut(bytes)?,
        };
        match &self.form {
            Form::Raw => Ok(payload),
            Form::Skeleton(node) => fill(node, values, &payload),
        }
    }
}

/// What the values of a skeleton are read from.
pub(super) trait Source {
    /// Writes a value as JSON; false if it is absent (then nothing is written).
    fn write_json(&self, value: Value, out: &mut Vec<u8>) -> bool;
}

/// A skeleton with its values filled in.
pub(super) fn fill(node: &Node, values: &dyn Source, payload: &[u8]) -> Result<Bytes, RenderError> {
    let mut filling = Filling { values, payload, out: Vec::with_capacity(payload.len() + 256) };
    filling.node(node)?;
    Ok(filling.out.into())
}

impl From<NotAnObject> for RenderError {
    fn from(_: NotAnObject) -> Self {
        Self::Invalid("the payload is not a JSON object, which this profile's body needs".into())
    }
}

struct Filling<'a> {
    values: &'a dyn Source,
    payload: &'a [u8],
    out: Vec<u8>,
}

impl Filling<'_> {
    /// Writes a node; false if it is an absent value (then nothing is written).
    fn node(&mut self, node: &Node) -> Result<bool, RenderError> {
        match node {
            Node::Literal(text) => self.out.extend_from_slice(text.as_bytes()),
            Node::Value(Value::Payload) => self.out.extend_from_slice(self.payload),
            Node::Value(value) => return Ok(self.values.write_json(*value, &mut self.out)),
            Node::Object(members) => self.object(members)?,
            Node::Array(nodes) => self.array(nodes)?,
        }
        Ok(true)
    }

    fn object(&mut self, members: &[Member]) -> Result<(), RenderError> {
        self.out.push(b'{');
        let mut any = false;
        for member in members {
            any |= match member {
                Member::Field { name, value } => self.field(name, value, any)?,
                Member::Spread { reserved } => spread(self.payload, reserved, any, &mut self.out)?,
            };
        }
        self.out.push(b'}');
        Ok(())
    }

    fn field(&mut self, name: &str, value: &Node, comma: bool) -> Result<bool, RenderError> {
        let start = self.out.len();
        if comma {
            self.out.push(b',');
        }
        self.out.extend_from_slice(name.as_bytes());
        let written = self.node(value)?;
        if !written {
            self.out.truncate(start);
        }
        Ok(written)
    }

    /// An absent value keeps its place in an array, as `null`.
    fn array(&mut self, nodes: &[Node]) -> Result<(), RenderError> {
        self.out.push(b'[');
        for (at, node) in nodes.iter().enumerate() {
            if at > 0 {
                self.out.push(b',');
            }
            if !self.node(node)? {
                self.out.extend_from_slice(b"null");
            }
        }
        self.out.push(b']');
        Ok(())
    }
}
