//! Every mistake is told with its line and column; the `^` in a text marks where.

use super::*;

/// The text without its mark, and the mark's line and column.
fn unmarked(marked: &str) -> (String, usize, usize) {
    let at = marked.find('^').unwrap();
    let before = &marked[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    (format!("{before}{}", &marked[at + 1..]), line, column)
}

#[track_caller]
fn check(marked: &str, message: &str) {
    let (text, line, column) = unmarked(marked);
    let error = Profile::parse(&text).expect_err(&text);
    assert!(error.message.contains(message), "{text}\n{error}");
    assert_eq!((error.line, error.column), (line, column), "{text}\n{error}");
}

/// The same in a profile that has all it needs.
#[track_caller]
fn check_line(marked: &str, message: &str) {
    check(&format!("name = \"p\"\nmethods = [\"POST\"]\n{marked}"), message);
}

#[test]
fn in_the_file_itself() {
    check("name = ^", "");
    check("name = \"p\"\nmethods = [\"POST\"]\n^colour = 1", "unknown field `colour`");
    check("name = \"p\"\nmethods = [\"POST\"]\n[delivery]\n^retrys = 1", "unknown field `retrys`");
    check("name = ^\"two words\"\nmethods = [\"POST\"]", "a name may hold only letters");
    check("name = \"p\"\nmethods = ^[]", "at least one method");
    check("name = \"p\"\nmethods = [^\"GET\"]", "unknown variant `GET`");
    check("^name = \"p\"", "missing field `methods`");
}

#[test]
fn in_headers() {
    check_line("[headers]\n^\"x y\" = \"\"", "not a valid header name");
    check_line("[headers]\nx-a = \"1\"\n^X-A = \"2\"", "comes twice");
    check_line("[headers]\n^Content-Length = \"1\"", "HTTP's own");
    check_line("[headers]\nx-a = ^\"1\\n\"", "control characters");
    check_line("[headers]\nx-a = \"id {^message.uid}\"", "there is no placeholder `message.uid`");
    check_line("[headers]\nx-a = 'é ^{message.id'", "never closed");
    check_line("[headers]\nx-a = \"a^}\"", "closes nothing");
    check_line("[headers]\nx-a = \"{^payload}\"", "`payload` cannot stand here");
    check_line("[headers]\nx-a = \"{^signatures}\"", "`signatures` cannot stand here");
    check_line("[headers]\nx-a = ^\"\\u007b{message.uid}\"", "closes nothing");
    check_line("reserved_headers = [\"x-*\", ^\"x y\"]", "not a header name");
}

#[test]
fn in_the_body() {
    let template = |text: &str| format!("[body]\ntemplate = '''{text}'''");
    for (marked, message) in [
        ("^$payload", "a JSON object or array"),
        ("{} ^x", "nothing may follow"),
        ("\n{\n  \"a\": ^$nobody\n}", "no placeholder `nobody`"),
        ("{\"a\": ^$body}", "`body` cannot stand here"),
        ("{\"a\": ^$}", "no placeholder ``"),
        ("{^a: 1}", "a name in double quotes"),
        ("{\"a\" ^1}", "expected `:`"),
        ("{\"a\": 1 ^\"b\": 2}", "expected `,`"),
        ("{\"a\": 1, ^}", "a name in double quotes"),
        ("{\"a\": ^01}", "expected a JSON value"),
        ("{\"a\": ^nul}", "expected a JSON value"),
        ("{\"a\": ^\"x}", "never ends"),
        ("{\"a\": 1, ^\"a\": 2}", "comes twice"),
        ("{\"a\": 1, ^\"\\u0061\": 2}", "comes twice"),
        ("{...^$secret}", "only `$payload` can be spread"),
        ("{...^{}}", "only `$payload` can be spread"),
        ("{...$payload, ...$payload}^", "only once"),
        ("[^...$payload]", "expected a JSON value"),
        ("{\"a\": 1^", "expected `,`"),
    ] {
        check_line(&template(marked), message);
    }
    check_line("[body]\ntemplate = ^''", "a JSON object or array");
    let deep = format!("{}^{}", "[".repeat(33), "[".repeat(9));
    check_line(&template(&deep), "nested deeper");
}

const KINDS: &str =
    "[secrets]\nchosen = true\n[[secrets.kinds]]\ntype = \"symmetric\"\nencoding = \"text\"\n";

#[test]
fn in_signatures() {
    let one = "[[signatures]]\nheader = \"x-s\"\nalgorithm = \"hmac-sha1\"\n";
    for (marked, message) in [
        ("[[signatures]]\nheader = \"x-s\"\nalgorithm = ^\"md5\"\n".to_owned(), "unknown variant `md5`"),
        ("[[signatures]]\nheader = \"x-s\"\nalgorithm = ^\"ed25519\"\n".to_owned(), "makes a key for this"),
        (
            "[[signatures]]\nheader = ^\"x s\"\nalgorithm = \"hmac-sha1\"\n".to_owned(),
            "not a valid header name",
        ),
        (format!("{one}format = \"sha1={{^body}}\"\n"), "`body` cannot stand here"),
        (format!("{one}content = \"{{^signature}}\"\n"), "`signature` cannot stand here"),
        (format!("{one}wrap = \"{{^signature}}\"\n"), "`signature` cannot stand here"),
        (format!("{one}format = ^\"v1\"\n"), "without `{signature}`"),
        (format!("{one}wrap = ^\"v1\"\n"), "without `{signatures}`"),
        (format!("{one}join = ^\"\"\n"), "must be printable"),
        (format!("{one}keys = \"all\"\njoin = \",\"\nprevious_for = ^\"1s\"\n"), "leave this out"),
        (
            "[[signatures]]\nheader = ^\"x-s\"\nalgorithm = \"hmac-sha1\"\nkeys = \"all\"\n".to_owned(),
            "`join`",
        ),
        (
            format!("{one}^[[signatures]]\nheader = \"X-S\"\nalgorithm = \"hmac-sha1\"\njoin = \";\"\n"),
            "must agree",
        ),
        (
            "[headers]\nX-S = \"1\"\n[[signatures]]\nheader = ^\"x-s\"\nalgorithm = \"hmac-sha1\"\n"
                .to_owned(),
            "already",
        ),
    ] {
        check_line(&format!("{marked}{KINDS}"), message);
    }
}

#[test]
fn in_secrets() {
    let kind = |lines: &str| format!("[[secrets.kinds]]\ntype = \"symmetric\"\n{lines}");
    check_line("[secrets]\nchosen = ^true", "no [[secrets.kinds]]");
    check_line(&kind("encoding = ^\"rot13\""), "unknown variant `rot13`");
    check_line(&kind("encoding = \"hex\"\nbytes = ^[5, 4]"), "the least and the most");
    check_line(&kind("encoding = \"hex\"\nbytes = [5, 6]\ngenerate = ^7"), "would not agree");
    check_line(&kind("encoding = \"hex\"\npublic_prefix = ^\"p\""), "only ed25519");
    check_line(
        "[[secrets.kinds]]\ntype = \"ed25519\"\nencoding = \"hex\"\npublic_prefix = \"p\"\ngenerate = ^5",
        "64 bytes",
    );
    check_line("^[[secrets.kinds]]\ntype = \"ed25519\"\nencoding = \"hex\"", "needs a `public_prefix`");
    check_line(
        &format!("{}^{}", kind("encoding = \"hex\"\n"), kind("encoding = \"base64\"\n")),
        "cannot be told apart",
    );
}

#[test]
fn in_delivery() {
    for (marked, message) in [
        ("success = ^[]", "nothing ever arrives"),
        ("success = [\"200\", ^\"20\"]", "no status code"),
        ("success = [^\"204-200\"]", "no status code"),
        ("success = [^\"0xx\"]", "no status code"),
        ("success = [^200]", "expected a string"),
        ("timeout = ^\"61s\"", "at most 60s"),
        ("timeout = ^\"0s\"", "more than 0s"),
        ("disable_after = ^\"5 days\"", "not a duration"),
        ("disable_after = ^\"366d\"", "longer than 365 days"),
        ("retry_schedule = [\"5s\", ^\"5\"]", "not a duration"),
        ("retry_schedule = [^\"s\"]", "not a duration"),
        ("retry_schedule = [^\"-5s\"]", "not a duration"),
        ("retry_schedule = [^\"99999999999999999999s\"]", "not a duration"),
        ("jitter = ^1.5", "from 0.0 to 1.0"),
        ("exhausted = ^\"explode\"", "unknown variant `explode`"),
        ("max_body_bytes = ^-1", "expected usize"),
    ] {
        check_line(&format!("[delivery]\n{marked}"), message);
    }
    let many = format!("[delivery]\nretry_schedule = ^[{}]", "\"1s\",".repeat(51));
    check_line(&many, "at most 50 retries");
}
