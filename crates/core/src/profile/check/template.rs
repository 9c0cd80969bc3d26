//! Templates of a profile: their mistakes, and placeholders that could never have a value.

use std::cell::Cell;

use toml::Spanned;

use crate::{
    profile::mistakes::Mistakes,
    render::{Node, Place, Template, TemplateError, Value, parse_skeleton},
    sign::SecretFormat,
};
/// Reads templates, and knows which placeholders the rest of the profile gives values to.
pub(super) struct Templates<'t, 'm> {
    pub(super) mistakes: &'m Mistakes<'t>,
    has_secret: bool,
    has_words: bool,
    words_used: Cell<bool>,
}

impl<'t, 'm> Templates<'t, 'm> {
    /// `formats` is none where they have mistakes of their own.
    pub(super) fn new(mistakes: &'m Mistakes<'t>, formats: Option<&[SecretFormat]>, has_words: bool) -> Self {
        Self {
            mistakes,
            has_secret: formats.is_none_or(|formats| !formats.is_empty()),
            has_words,
            words_used: Cell::new(false),
        }
    }

    /// Reads a string with placeholders.
    pub(super) fn string(&self, text: &Spanned<String>, place: Place) -> Option<Template> {
        let template = Template::parse(text.get_ref(), place);
        let template = template.map_err(|errors| self.report(text, errors)).ok()?;
        self.check(text, |value| template.names(value));
        Some(template)
    }

    /// Reads JSON with placeholders.
    pub(super) fn skeleton(&self, text: &Spanned<String>, place: Place) -> Option<Node> {
        let node = parse_skeleton(text.get_ref(), place);
        let node = node.map_err(|errors| self.report(text, errors)).ok()?;
        self.check(text, |value| node.names(value));
        Some(node)
    }

    /// Whether `auth.word` stands anywhere.
    pub(super) fn words_used(&self) -> bool {
        self.words_used.get()
    }

    fn report(&self, text: &Spanned<String>, errors: Vec<TemplateError>) {
        for error in errors {
            self.mistakes.within(text, error.offset, error.message);
        }
    }

    fn check(&self, text: &Spanned<String>, names: impl Fn(Value) -> bool) {
        if names(Value::Secret) && !self.has_secret {
            let message =
                "`secret` stands here, but there is no [[secrets.kinds]] that says what one looks like";
            self.mistakes.about(text, message);
        }
        if names(Value::AuthWord) {
            self.words_used.set(true);
            if !self.has_words {
                self.mistakes.about(text, "`auth.word` stands here, but [auth] has no `words`");
            }
        }
    }
}
