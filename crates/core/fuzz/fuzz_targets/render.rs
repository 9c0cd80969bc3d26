//! Any payload renders under every built-in profile to JSON, or is refused.
#![no_main]

use std::sync::LazyLock;

use bytes::Bytes;
use fanfare_core::{
    profile::{Profile, built_in},
    specimen::{Specimen, Wishes},
    time::Timestamp,
};
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

static PROFILES: LazyLock<Vec<Profile>> = LazyLock::new(built_in);

fuzz_target!(|payload: &[u8]| {
    let is_object =
        serde_json::from_slice::<&RawValue>(payload).is_ok_and(|json| json.get().starts_with('{'));
    let payload = Bytes::copy_from_slice(payload);
    for profile in &*PROFILES {
        let wishes = Wishes { payload: Some(payload.clone()), ..Wishes::default() };
        let rendered = Specimen::of(profile, wishes, Timestamp::EPOCH).render(profile, Timestamp::EPOCH);
        if is_object {
            let request = rendered.unwrap();
            assert!(serde_json::from_slice::<&RawValue>(&request.body).is_ok());
        }
    }
});
