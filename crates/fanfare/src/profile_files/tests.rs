use tempfile::TempDir;

use super::*;

fn directory(files: &[(&str, &[u8])]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(directory.path().join(name), text).unwrap();
    }
    directory
}

fn error(files: &[(&str, &[u8])]) -> String {
    let directory = directory(files);
    let error = load(Some(directory.path())).err().expect("these files have mistakes");
    format!("{error:#}").replace(directory.path().to_str().unwrap(), "DIR")
}

const ACME: &[u8] = b"name = \"acme\"\nmethods = [\"POST\"]\n";

#[test]
fn files_stand_beside_the_built_in_profiles_and_replace_those_of_the_same_name() {
    let own = String::from_utf8(ACME.to_vec()).unwrap().replace("acme", "standard");
    let files = directory(&[("a.toml", ACME), ("b.toml", own.as_bytes()), ("notes.txt", b"no profile")]);
    let profiles = load(Some(files.path())).unwrap();
    assert!(profiles.named(&"acme".parse().unwrap()).is_some());
    assert_eq!(profiles.named(&"standard".parse().unwrap()).unwrap().text, own);
    assert!(profiles.named(&"trutac".parse().unwrap()).is_some());
    assert_eq!(profiles.all().count(), profile::built_in().len() + 1);
    assert_eq!(load(None).unwrap().all().count(), profile::built_in().len());
}

#[test]
fn all_mistakes_of_all_files_are_told_at_once_with_their_places() {
    let unknown = b"name = \"b\"\nmethods = [\"POST\"]\nsurprise = 1\n[delivery]\ntimeout = \"1y\"\n";
    let text = error(&[
        ("a.toml", b"name = 5"),
        ("b.toml", unknown),
        ("c.toml", b"name = \"\xff\""),
        ("d.toml", ACME),
    ]);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "the profiles in DIR have mistakes:");
    let starts = |start: &str| lines.iter().any(|line| line.starts_with(start));
    assert!(starts("DIR/a.toml:1:"), "{text}");
    assert!(starts("DIR/b.toml:3:1: "), "{text}");
    assert!(starts("DIR/b.toml:5:11: "), "{text}");
    assert!(starts("DIR/c.toml:1:9: this is not UTF-8"), "{text}");
    assert!(!text.contains("d.toml"), "{text}");
}

#[test]
fn two_files_of_one_name_are_a_mistake() {
    let text = error(&[("a.toml", ACME), ("b.toml", ACME)]);
    assert!(text.ends_with("DIR/b.toml:1:1: DIR/a.toml is named acme too"), "{text}");
}

#[test]
fn a_directory_that_cannot_be_read_and_a_file_that_is_too_long_are_named() {
    let missing = load(Some(Path::new("/nonexistent/profiles"))).err().unwrap().to_string();
    assert_eq!(missing, "cannot read the directory of profiles /nonexistent/profiles");
    let long = [ACME, &b"#".repeat(PROFILE_BYTES)].concat();
    assert!(error(&[("a.toml", &long)]).contains("DIR/a.toml:1:1: "));
}
