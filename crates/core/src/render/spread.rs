//! Spreading a payload: its members without the reserved ones, every other byte as it came.
//!
//! Nothing is parsed into values: big numbers, duplicates, escapes and spacing survive because only byte
//! ranges are copied.

use std::collections::BTreeSet;

use super::scan::{NotAnObject, Scanner, unescaped};

/// Writes the members of `object`, but for those whose unescaped name is reserved, and tells whether there
/// were any. `comma` writes one before the first.
pub(crate) fn spread(
    object: &[u8],
    reserved: &BTreeSet<String>,
    comma: bool,
    out: &mut Vec<u8>,
) -> Result<bool, NotAnObject> {
    let mut scanner = Scanner { text: object, at: 0 };
    let mut written = false;
    scanner.space();
    scanner.expect(b'{')?;
    let mut start = scanner.at;
    scanner.space();
    let mut more = scanner.peek() != Some(b'}');
    while more {
        let name = scanner.member()?;
        if !is_reserved(name, reserved) {
            if comma || written {
                out.push(b',');
            }
            out.extend_from_slice(&object[start..scanner.at]);
            written = true;
        }
        more = scanner.peek() == Some(b',');
        if more {
            scanner.at += 1;
            start = scanner.at;
        }
    }
    scanner.expect(b'}')?;
    scanner.space();
    if scanner.at == object.len() { Ok(written) } else { Err(NotAnObject) }
}

/// `name` is JSON text without its quotes. A name with a broken escape is no reserved one.
fn is_reserved(name: &[u8], reserved: &BTreeSet<String>) -> bool {
    unescaped(name).is_some_and(|name| reserved.contains(name.as_ref()))
}

impl<'t> Scanner<'t> {
    /// Goes past a member, up to the comma or brace that ends it; returns its name without quotes.
    fn member(&mut self) -> Result<&'t [u8], NotAnObject> {
        self.space();
        let start = self.at + 1;
        self.string()?;
        let name = &self.text[start..self.at - 1];
        self.space();
        self.expect(b':')?;
        self.value()?;
        Ok(name)
    }

    /// Goes to the comma or brace after a value, at the value's own depth.
    fn value(&mut self) -> Result<(), NotAnObject> {
        let mut depth = 0_usize;
        loop {
            match self.peek().ok_or(NotAnObject)? {
                b'"' => {
                    self.string()?;
                    continue;
                }
                b',' | b'}' if depth == 0 => return Ok(()),
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.checked_sub(1).ok_or(NotAnObject)?,
                _ => {}
            }
            self.at += 1;
        }
    }
}
