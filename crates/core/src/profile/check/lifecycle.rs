//! What endpoints are told about themselves.

use super::{event_type, template::Templates};
use crate::{
    profile::{Catalogue, Lifecycle, section::Section},
    render::Place,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum MomentWord {
    Create,
    Update,
}

pub(super) fn lifecycle(
    mut section: Section<'_, '_>,
    events: &Catalogue,
    templates: &Templates<'_, '_>,
) -> Option<Lifecycle> {
    let mistakes = section.mistakes;
    let name = section.required::<String>("event_type");
    let kind = name.as_ref().and_then(|name| event_type(name, mistakes));
    if let (Some(name), Some(kind)) = (&name, &kind)
        && events.names(kind)
    {
        mistakes.about(name, "a type of [[events.types]] cannot be that of lifecycle events too");
    }
    section.must_have("on");
    let on = section.some::<MomentWord>("on", "say when: `create`, `update`, or both");
    let template = section.required("template");
    let template = template.and_then(|text| templates.skeleton(&text, Place::Lifecycle));
    section.end();
    let on = on?.into_inner();
    let tells = |moment| on.iter().any(|word| *word.get_ref() == moment);
    Some(Lifecycle {
        event_type: kind?,
        on_create: tells(MomentWord::Create),
        on_update: tells(MomentWord::Update),
        template: template?,
    })
}
