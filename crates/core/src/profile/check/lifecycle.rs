//! What endpoints are told about themselves.

use crate::{
    profile::{
        Lifecycle, ProfileError,
        file::{LifecycleSection, MomentWord},
        position::Source,
    },
    render::{Place, parse_skeleton},
};

pub(super) fn lifecycle(section: &LifecycleSection, source: Source<'_>) -> Result<Lifecycle, ProfileError> {
    let on = section.on.get_ref();
    if on.is_empty() {
        return Err(source.error(&section.on, "say when: `create`, `update`, or both"));
    }
    let template = parse_skeleton(section.template.get_ref(), Place::Lifecycle)
        .map_err(|error| source.error_in(&section.template, error.offset, error.message))?;
    Ok(Lifecycle {
        event_type: super::event_type(&section.event_type, source)?,
        on_create: on.contains(&MomentWord::Create),
        on_update: on.contains(&MomentWord::Update),
        template,
    })
}
