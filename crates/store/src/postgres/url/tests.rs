use super::*;

fn read(text: &str) -> Result<DatabaseUrl, String> {
    text.parse().map_err(|error: InvalidUrl| error.to_string())
}

#[test]
fn shows_all_but_the_password() {
    let url = read("postgres://me:s3cret@db.example:6543/hooks?sslmode=require").unwrap();
    assert_eq!(url.to_string(), "postgres://me@db.example:6543/hooks");
    assert_eq!(format!("{url:?}"), url.to_string());
    let several = read("postgresql://me:s3cret@one,two:6000/hooks").unwrap();
    assert!(!several.to_string().contains("s3cret"), "{several}");
    assert!(several.to_string().contains("one:") && several.to_string().contains("two:6000"), "{several}");
}

#[test]
fn says_what_is_wrong_without_the_password() {
    for (text, says) in [
        ("mysql://me:s3cret@db/hooks", "does not begin with postgres://"),
        ("postgres://me:s3cret@/hooks", "names no host"),
        ("postgres://db/hooks", "names no user"),
        ("postgres://me:s3cret@db:many/hooks", "port"),
        ("postgres://me:s3cret@db/hooks?sslmode=maybe", "`sslmode` must be"),
        ("postgres://me:s3cret@db/hooks?pgbouncer=yes", "`pgbouncer` must be"),
        ("postgres://me:s3cret@db/hooks?fishes=9", "fishes"),
        ("postgres://me:s3cret@db/hooks?sslmode", "no value"),
        ("postgres://me:s3cret@db/hooks?sslmode=require&sslmode=disable", "twice"),
        ("postgres://me:s3cret@db/hooks?sslrootcert=/a.pem", "`sslrootcert` needs"),
    ] {
        let error = read(text).expect_err(text);
        assert!(error.contains(says), "{text}: {error}");
        assert!(!error.contains("s3cret"), "{text}: {error}");
    }
}

#[test]
fn trusts_as_sslmode_says() {
    let trust = |query: &str| read(&format!("postgres://me@db/hooks{query}")).unwrap().trust;
    let roots = || Some(PathBuf::from("/etc/root.pem"));
    assert_eq!(trust(""), Trust::Anybody);
    assert_eq!(trust("?sslmode=require"), Trust::Anybody);
    assert_eq!(trust("?sslmode=require&sslrootcert=/etc/root.pem"), Trust::Authority(roots()));
    assert_eq!(trust("?sslmode=verify-ca"), Trust::Authority(None));
    assert_eq!(trust("?sslmode=verify-full&sslrootcert=%2Fetc%2Froot.pem"), Trust::NameAndAuthority(roots()));
}

#[test]
fn knows_of_pgbouncer() {
    assert!(read("postgres://me@db/hooks?pgbouncer=true").unwrap().pgbouncer());
    assert!(!read("postgres://me@db/hooks?pgbouncer=false").unwrap().pgbouncer());
    assert!(!read("postgres://me@db/hooks").unwrap().pgbouncer());
}
