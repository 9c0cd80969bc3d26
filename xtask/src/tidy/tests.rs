use super::*;
use crate::tree::File;

fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), text: text.to_owned() }
}

#[test]
fn the_tree_is_tidy() {
    let findings = check().unwrap();
    let lines: Vec<_> = findings.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

#[test]
fn an_unbiased_select_is_found_and_a_biased_one_is_not() {
    let unbiased = file("a.rs", "fn f() {\n    tokio::select! {\n        _ = a => {}\n    }\n}\n");
    assert_eq!(biased::check(&unbiased).iter().map(|f| f.line).collect::<Vec<_>>(), [Some(2)]);
    let biased = file("a.rs", "// select! in prose\ntokio::select! {\n    biased;\n    _ = a => {}\n}");
    assert_eq!(biased::check(&biased), []);
}

#[test]
fn notes_and_unwritten_code_are_found_only_where_they_are_meant() {
    let note = ["// ", "TO", "DO: later"].concat();
    assert_eq!(leftovers::check(&file("a.rs", &note)).len(), 1);
    assert_eq!(leftovers::check(&file("a.rs", "fn f() { unimplemented!() }")).len(), 1);
    assert_eq!(leftovers::check(&file("a.rs", "let s = \"todo!()\"; // says todo!() in prose")), []);
}

#[test]
fn a_test_may_define_a_sleep_but_not_sleep() {
    let path = "crates/x/tests/a.rs";
    assert_eq!(sleeps::check(&file(path, "clock.sleep(d).await;")).len(), 1);
    let clock = "async fn sleep(&self, d: Duration) {\n    tokio::time::sleep(d).await;\n}";
    assert_eq!(sleeps::check(&file(path, clock)), []);
    assert_eq!(sleeps::check(&file("crates/x/src/a.rs", "clock.sleep(d).await;")), []);
}

#[test]
fn a_new_edge_is_found_in_every_section() {
    let path = "crates/store/Cargo.toml";
    let legal = "[dependencies]\nfanfare-core.workspace = true\nserde = \"1\"";
    assert_eq!(edges::check(&file(path, legal)).unwrap(), []);
    let engine = "[dev-dependencies]\nfanfare-engine.workspace = true";
    assert_eq!(edges::check(&file(path, engine)).unwrap().len(), 1);
}

#[test]
fn migrations_carry_a_number_and_a_name() {
    let check = |name: &str| migrations::check(&file(&format!("crates/store/migrations/sqlite/{name}"), ""));
    assert_eq!(check("0001_first.sql"), None);
    assert!(check("1_first.sql").is_some());
    assert!(check("0001-first.sql").is_some());
}

#[test]
fn sizes_are_held() {
    assert!(sizes::check_file(&file("a.rs", &"\n".repeat(601))).is_some());
    assert!(sizes::check_file(&file("a.rs", &"\n".repeat(600))).is_none());
    assert!(sizes::check_file(&file("README.md", &"\n".repeat(101))).is_some());
    assert!(sizes::check_root(&vec!["x".to_owned(); 21]).is_some());
}

#[test]
fn comments_and_literals_are_blanked_in_place() {
    let code =
        lexer::code_of("a(\"x\\\"y\", 'q', 'é', '\\n', r#\"raw \" text\"#); // é\n/* b /* c */ */ d::<'_>()");
    assert_eq!(code.lines().count(), 2);
    assert!(code.starts_with("a("));
    assert!(code.ends_with("d::<'_>()"));
    assert!(!code.contains(['x', 'q', 'é']) && !code.contains("raw") && !code.contains('c'));
}

#[test]
fn every_requirement_names_a_test_that_exists() {
    let source = file("crates/x/tests/it/a.rs", "async fn tri_1_posts() {}");
    let page = |rows: &str| requirements::check(&[file("docs/systems.md", rows), source.clone()]);
    let missing = page("| TRI-1 | one POST | `tri_1_posts` |").len();
    assert_eq!(page("").len(), missing + 1, "a row that is not there");
    assert_eq!(
        page("| TRI-1 | one POST | `tri_1_posts`, `tri_1_gone` |").len(),
        missing + 1,
        "a test that is not"
    );
    assert_eq!(
        page("| TRI-1 | the body is `raw` | `tri_1_posts` |").len(),
        missing,
        "only the last cell counts"
    );
    assert_eq!(requirements::check(&[source]).len(), 1, "the page itself");
}
