use super::*;

fn header(name: &str, bytes: usize) -> (String, String) {
    (name.to_owned(), "x".repeat(bytes))
}

#[test]
fn headers_are_kept_as_long_as_they_fit() {
    let all = vec![header("a", 10), header("b", INBOX_HEADER_BYTES - 12)];
    assert_eq!(first_that_fit(&all), all);
    let too_many = [header("a", 10), header("b", INBOX_HEADER_BYTES - 11), header("c", 1)];
    assert_eq!(first_that_fit(&too_many), too_many[..1]);
}

#[test]
fn of_several_endpoints_that_one_counts_by_which_the_request_is_best() {
    let checked = |number: u8, outcome| {
        let check = fanfare_core::verify::Check { part: "x".to_owned(), outcome, detail: String::new() };
        Checked { endpoint: fanfare_core::id::EndpointId([number; 20]), checks: vec![check] }
    };
    let all = [checked(1, Verdict::Wrong), checked(2, Verdict::Right), checked(3, Verdict::Unchecked)];
    assert_eq!(best(all.clone().into_iter()), Some(all[1].clone()));
    assert_eq!(best([].into_iter()), None);
}
