//! What rendering and signing one request of a 600-byte payload costs: `cargo bench -p fanfare-core`.
//! At most 5 µs where the payload is the body, at most 10 µs where it is put into a skeleton.

use std::hint::black_box;

use bytes::Bytes;
use criterion::Criterion;
use fanfare_core::{
    profile::built_in,
    specimen::{Specimen, Wishes},
    time::Timestamp,
};

const NOW: Timestamp = Timestamp(1_795_237_200_123_000);
const PAYLOAD_BYTES: usize = 600;

fn all(criterion: &mut Criterion) {
    let payload = Bytes::from(payload());
    for profile in built_in() {
        let wishes = Wishes { payload: Some(payload.clone()), ..Wishes::default() };
        let specimen = Specimen::of(&profile, wishes, NOW);
        criterion.bench_function(&format!("render/{}", profile.name), |bencher| {
            bencher.iter(|| black_box(&specimen).render(&profile, NOW).expect("a sound message renders"));
        });
    }
}

fn payload() -> String {
    let mut members: Vec<String> = Vec::new();
    let text = |members: &[String]| format!("{{{}}}", members.join(","));
    while text(&members).len() < PAYLOAD_BYTES - 40 {
        let number = members.len();
        members.push(format!(r#""member_{number}":{{"n":{number},"s":"text é"}}"#));
    }
    let padding = PAYLOAD_BYTES - text(&members).len() - r#","padding":"""#.len();
    members.push(format!(r#""padding":"{}""#, "x".repeat(padding)));
    let text = text(&members);
    assert_eq!(text.len(), PAYLOAD_BYTES);
    text
}

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    all(&mut criterion);
    criterion.final_summary();
}
