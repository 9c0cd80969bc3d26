//! Payload visibility: members and items that nobody is shown are cut out, every other byte stays as it came
//! (TAL).
//!
//! The walk keeps a stack of its own, for payloads may nest deeper than the thread's stack goes.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::scan::{NotAnObject, Scanner, unescaped};

/// What is cut out of payloads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Drops {
    /// Members of these names, at any depth.
    pub(crate) names: BTreeSet<String>,
    /// Objects in arrays that have a member of this name which is `true`.
    pub(crate) items_where: Option<String>,
}

impl Drops {
    /// The payload without what is cut out.
    pub(crate) fn cut(&self, payload: &Bytes) -> Result<Bytes, NotAnObject> {
        if self.names.is_empty() && self.items_where.is_none() {
            return Ok(payload.clone());
        }
        let mut cutter = Cutter {
            drops: self,
            scanner: Scanner { text: payload, at: 0 },
            copied: 0,
            out: Vec::with_capacity(payload.len()),
            open: Vec::new(),
        };
        cutter.scanner.space();
        if cutter.scanner.peek() != Some(b'{') {
            return Err(NotAnObject);
        }
        cutter.value()?;
        while !cutter.open.is_empty() {
            cutter.step()?;
        }
        cutter.scanner.space();
        if cutter.scanner.at != payload.len() {
            return Err(NotAnObject);
        }
        cutter.copy();
        Ok(cutter.out.into())
    }
}

struct Cutter<'a> {
    drops: &'a Drops,
    scanner: Scanner<'a>,
    /// Up to where the text was copied, or cut.
    copied: usize,
    out: Vec<u8>,
    open: Vec<Open>,
}

/// An object or array that the walk is in.
struct Open {
    close: u8,
    /// Whether the walk has just come in.
    fresh: bool,
    /// Where in `out` the part (member or item) that the walk is in begins, its comma included.
    part: usize,
    /// Whether that part is cut out.
    cut: bool,
    /// Whether a part before it was kept.
    any: bool,
    /// Whether this object is one that is cut out of arrays.
    marked: bool,
}

impl Cutter<'_> {
    /// Begins the value here: goes into an object or array, past anything else.
    fn value(&mut self) -> Result<(), NotAnObject> {
        self.scanner.space();
        match self.scanner.peek().ok_or(NotAnObject)? {
            b'{' => self.enter(b'}'),
            b'[' => self.enter(b']'),
            b'"' => self.scanner.string()?,
            _ => self.scalar()?,
        }
        Ok(())
    }

    fn enter(&mut self, close: u8) {
        self.scanner.at += 1;
        self.open.push(Open { close, fresh: true, part: 0, cut: false, any: false, marked: false });
    }

    /// Begins a member or item: what stands before it is copied, and its comma written.
    fn begin_part(&mut self) {
        self.copy();
        let Some(open) = self.open.last_mut() else { return };
        (open.part, open.cut) = (self.out.len(), false);
        if open.any {
            self.out.push(b',');
        }
    }

    /// The member or item here, up to where its value ends or goes deeper.
    fn part(&mut self) -> Result<(), NotAnObject> {
        let in_object = self.open.last().is_some_and(|open| open.close == b'}');
        if in_object {
            self.name()?;
        }
        self.value()
    }

    fn name(&mut self) -> Result<(), NotAnObject> {
        self.scanner.space();
        let start = self.scanner.at + 1;
        self.scanner.string()?;
        let name = unescaped(&self.scanner.text[start..self.scanner.at - 1]);
        self.scanner.space();
        self.scanner.expect(b':')?;
        self.scanner.space();
        let is_true = self.scanner.text[self.scanner.at..].starts_with(b"true");
        if let (Some(name), Some(open)) = (name, self.open.last_mut()) {
            open.cut = self.drops.names.contains(name.as_ref());
            open.marked |= is_true && self.drops.items_where.as_deref() == Some(name.as_ref());
        }
        Ok(())
    }

    fn scalar(&mut self) -> Result<(), NotAnObject> {
        let rest = &self.scanner.text[self.scanner.at..];
        let inside = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        let length = rest.iter().take_while(|byte| inside(byte)).count();
        self.scanner.at += length;
        if length > 0 { Ok(()) } else { Err(NotAnObject) }
    }

    /// Goes on after a brace, bracket or value: to the next part, or out of the object or array.
    fn step(&mut self) -> Result<(), NotAnObject> {
        let open = self.open.last_mut().ok_or(NotAnObject)?;
        let (close, fresh) = (open.close, std::mem::take(&mut open.fresh));
        if fresh {
            self.begin_part();
        }
        self.scanner.space();
        match self.scanner.peek().ok_or(NotAnObject)? {
            found if found == close => {
                self.end_part();
                self.leave()
            }
            _ if fresh => self.part(),
            b',' => {
                self.end_part();
                self.scanner.at += 1;
                self.copied = self.scanner.at;
                self.begin_part();
                self.part()
            }
            _ => Err(NotAnObject),
        }
    }

    /// Ends the member or item before here: it is copied, or cut out.
    fn end_part(&mut self) {
        self.copy();
        let Some(open) = self.open.last_mut() else { return };
        if open.cut {
            self.out.truncate(open.part);
        } else {
            open.any = true;
        }
    }

    fn leave(&mut self) -> Result<(), NotAnObject> {
        self.scanner.at += 1;
        let left = self.open.pop().ok_or(NotAnObject)?;
        if let Some(around) = self.open.last_mut().filter(|around| around.close == b']') {
            around.cut = left.marked;
        }
        Ok(())
    }

    fn copy(&mut self) {
        self.out.extend_from_slice(&self.scanner.text[self.copied..self.scanner.at]);
        self.copied = self.scanner.at;
    }
}
