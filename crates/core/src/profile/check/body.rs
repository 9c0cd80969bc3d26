//! The body, and what of a payload nobody is shown.

use super::template::Templates;
use crate::{
    profile::section::Section,
    render::{Body, Drops, Form, Place},
};

pub(super) fn body(mut section: Section<'_, '_>, templates: &Templates<'_, '_>) -> Body {
    let template = section.spanned::<String>("template");
    let names = section.list::<String>("drop_keys");
    let items_where = section.spanned::<String>("drop_items_where");
    let mut drops = Drops::default();
    for name in names.iter().flat_map(|names| names.get_ref()) {
        if !drops.names.insert(name.get_ref().clone()) {
            section.mistakes.about(name, "this name comes twice");
        }
    }
    drops.items_where = items_where.map(toml::Spanned::into_inner);
    let form = match template {
        Some(template) => templates.skeleton(&template, Place::Body).map_or(Form::Raw, Form::Skeleton),
        None => Form::Raw,
    };
    section.end();
    Body { form, drops }
}
