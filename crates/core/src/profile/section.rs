//! A table of a profile's text, read key by key, so that one mistake does not hide the next.

use serde::de::DeserializeOwned;
use toml::{
    Spanned,
    de::{DeArray, DeTable, DeValue, ValueDeserializer},
};

use super::{mistakes::Mistakes, suggest::nearest};
use crate::limits::TEXT_BYTES;

/// A table of which some keys were read. [`Section::end`] reports the keys that nobody asked for.
pub(super) struct Section<'t, 'm> {
    /// Where it begins, or what it would stand in.
    pub(super) start: usize,
    /// Its keys as the file writes them, `secrets.kinds`; empty at the top.
    path: String,
    entries: DeTable<'t>,
    known: Vec<&'static str>,
    pub(super) mistakes: &'m Mistakes<'t>,
}

impl<'t, 'm> Section<'t, 'm> {
    pub(super) fn new(table: Spanned<DeTable<'t>>, mistakes: &'m Mistakes<'t>) -> Self {
        Self::at(String::new(), table, mistakes)
    }

    fn at(path: String, table: Spanned<DeTable<'t>>, mistakes: &'m Mistakes<'t>) -> Self {
        Self { start: table.span().start, path, entries: table.into_inner(), known: Vec::new(), mistakes }
    }

    /// A mistake of the section as a whole.
    pub(super) fn mistake(&self, message: impl Into<String>) {
        self.mistakes.at(self.start, message);
    }

    /// The value of a key, if it is there and sound.
    pub(super) fn spanned<T: DeserializeOwned>(&mut self, key: &'static str) -> Option<Spanned<T>> {
        let value = self.take(key)?;
        self.decode(value)
    }

    /// The same without its place.
    pub(super) fn value<T: DeserializeOwned>(&mut self, key: &'static str) -> Option<T> {
        self.spanned(key).map(Spanned::into_inner)
    }

    /// The value of a key that must be there.
    pub(super) fn required<T: DeserializeOwned>(&mut self, key: &'static str) -> Option<Spanned<T>> {
        self.must_have(key);
        self.spanned(key)
    }

    pub(super) fn must_have(&self, key: &str) {
        if !self.entries.contains_key(key) {
            self.mistake(format!("the key `{key}` is missing here"));
        }
    }

    /// The items of a list that are sound; none if there is no such key.
    pub(super) fn list<T: DeserializeOwned>(
        &mut self,
        key: &'static str,
    ) -> Option<Spanned<Vec<Spanned<T>>>> {
        let items = self.items(key)?;
        Some(self.sound(items))
    }

    /// The same of a list that says nothing when it is empty: why it must not be.
    pub(super) fn some<T: DeserializeOwned>(
        &mut self,
        key: &'static str,
        if_empty: &str,
    ) -> Option<Spanned<Vec<Spanned<T>>>> {
        let items = self.items(key)?;
        if items.get_ref().is_empty() {
            self.mistakes.about(&items, if_empty);
        }
        Some(self.sound(items))
    }

    fn items(&mut self, key: &'static str) -> Option<Spanned<DeArray<'t>>> {
        let value = self.take(key)?;
        let span = value.span();
        match value.into_inner() {
            DeValue::Array(items) => Some(Spanned::new(span, items)),
            _ => {
                self.mistakes.at(span.start, format!("`{key}` is a list: write it in square brackets"));
                None
            }
        }
    }

    fn sound<T: DeserializeOwned>(&self, items: Spanned<DeArray<'t>>) -> Spanned<Vec<Spanned<T>>> {
        let span = items.span();
        Spanned::new(span, items.into_inner().into_iter().filter_map(|item| self.decode(item)).collect())
    }

    /// A text for people, within the limit.
    pub(super) fn text(&mut self, key: &'static str) -> Option<String> {
        let text = self.spanned::<String>(key)?;
        if text.get_ref().len() > TEXT_BYTES {
            self.mistakes.about(&text, format!("longer than {TEXT_BYTES} bytes"));
        }
        Some(text.into_inner())
    }

    /// The table of a key; an empty one if it is not there.
    pub(super) fn section(&mut self, key: &'static str) -> Self {
        self.optional_section(key).unwrap_or_else(|| Self {
            start: self.start,
            path: self.path_of(key),
            entries: DeTable::new(),
            known: Vec::new(),
            mistakes: self.mistakes,
        })
    }

    /// The table of a key, if it is there.
    pub(super) fn optional_section(&mut self, key: &'static str) -> Option<Self> {
        let value = self.take(key)?;
        self.table(value, key)
    }

    /// The tables of a key, `[[key]]`.
    pub(super) fn sections(&mut self, key: &'static str) -> Vec<Self> {
        let Some(value) = self.take(key) else { return Vec::new() };
        let span = value.span();
        match value.into_inner() {
            DeValue::Array(items) => items.into_iter().filter_map(|item| self.table(item, key)).collect(),
            other => {
                let path = self.path_of(key);
                self.mistakes.at(span.start, format!("there may be several of these: write [[{path}]]"));
                // What else is wrong with the one that there is.
                let is_table = matches!(other, DeValue::Table(_));
                is_table.then(|| self.table(Spanned::new(span, other), key)).flatten().into_iter().collect()
            }
        }
    }

    /// All keys and their texts, in the order of the file.
    pub(super) fn texts(mut self) -> Vec<(Spanned<String>, Spanned<String>)> {
        let mut texts: Vec<_> = std::mem::take(&mut self.entries)
            .into_iter()
            .filter_map(|(key, value)| {
                let key = Spanned::new(key.span(), key.into_inner().into_owned());
                Some((key, self.decode(value)?))
            })
            .collect();
        texts.sort_by_key(|(key, _)| key.span().start);
        texts
    }

    /// Reports the keys that there are not.
    pub(super) fn end(self) {
        for key in self.entries.keys() {
            let name = key.get_ref().as_ref();
            let hint = match nearest(name, self.known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("there are {}", self.known.join(", ")),
            };
            self.mistakes.about(key, format!("there is no key `{name}` here; {hint}"));
        }
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn take(&mut self, key: &'static str) -> Option<Spanned<DeValue<'t>>> {
        self.known.push(key);
        self.entries.remove(key)
    }

    fn table(&self, value: Spanned<DeValue<'t>>, key: &str) -> Option<Self> {
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(table) => {
                Some(Self::at(self.path_of(key), Spanned::new(span, table), self.mistakes))
            }
            _ => {
                self.mistakes.at(span.start, format!("`{key}` is a table of keys and values"));
                None
            }
        }
    }

    fn decode<T: DeserializeOwned>(&self, value: Spanned<DeValue<'t>>) -> Option<Spanned<T>> {
        let span = value.span();
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(decoded) => Some(Spanned::new(span, decoded)),
            Err(error) => {
                let at = error.span().map_or(span.start, |inner| inner.start);
                self.mistakes.at(at, in_our_words(error.message()));
                None
            }
        }
    }
}

/// What serde says, in the words of the other mistakes: a word that is none of those there are is told like an
/// unknown key.
fn in_our_words(message: &str) -> String {
    let wrong = |kind: &str| message.strip_prefix(kind).and_then(|rest| rest.split_once(", expected "));
    if let Some((found, expected)) = wrong("invalid type: ") {
        let expected = expected.replace("a boolean", "true or false");
        return format!("expected {expected}, not the {found}");
    }
    let Some((word, expected)) = wrong("unknown variant ") else { return message.to_owned() };
    // The names stand between backticks.
    let known: Vec<_> = expected.split('`').skip(1).step_by(2).collect();
    match nearest(word.trim_matches('`'), known.iter().copied()) {
        Some(meant) => format!("there is no {word} here; did you mean `{meant}`?"),
        None => format!("there is no {word} here; there are {}", known.join(", ")),
    }
}
