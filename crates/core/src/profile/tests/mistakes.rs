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

/// There is one mistake, and it is told where the mark stands.
#[track_caller]
fn check(marked: &str, message: &str) {
    let (text, line, column) = unmarked(marked);
    let ProfileErrors(errors) = Profile::parse(&text).expect_err(&text);
    let [error] = errors.as_slice() else { panic!("{text}\n{}", ProfileErrors(errors)) };
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
    check(
        "name = \"p\"\nmethods = [\"POST\"]\n^colour = 1",
        "there is no key `colour` here; there are name, description",
    );
    check(
        "name = \"p\"\nmethods = [\"POST\"]\n[delivery]\n^retry_shedule = 1",
        "did you mean `retry_schedule`?",
    );
    check("name = ^\"two words\"\nmethods = [\"POST\"]", "a name may hold only letters");
    check("name = \"p\"\nmethods = ^[]", "at least one method");
    check("name = \"p\"\nmethods = [^\"GET\"]", "there is no `GET` here; there are POST, PUT, PATCH");
    check("name = \"p\"\nmethods = [\"POST\", ^\"POST\"]", "comes twice");
    check("name = \"p\"\nmethods = ^\"POST\"", "in square brackets");
    check_line(&format!("description = ^\"{}\"", "x".repeat(4097)), "longer than 4096 bytes");
    check(&format!("^#{}", " ".repeat(1024 * 1024)), "at most 1048576 bytes");
    check_line("delivery = ^1", "is a table");
    check_line("signatures = ^1", "write [[signatures]]");
    check_line("signatures = [^1]", "is a table");
    check("^name = \"p\"", "the key `methods` is missing");
    check_line("[delivery]\nbreaker = true\n[^delivery]", "[delivery] stands in the file already");
    let signed = "[[signatures]]\nheader = \"x-s\"\nalgorithm = \"hmac-sha1\"\n";
    check_line(
        &format!("{signed}[^signatures]\nheader = \"x-t\""),
        "`signatures` stands here again; where there may be several, each is written [[signatures]]",
    );
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
    check_line("[headers]\nx-a = \"^$message.timestamp\"", "write `{message.timestamp}`");
    check_line("[headers]\nx-a = \"Bearer ^{{secret}}\"", "write `{secret}` for the value");
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
        ("{\"a\": ^$payload.data}", "no placeholder `payload.data`; `payload` stands for the whole"),
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
        (
            "{\"a\": \"^$event.type\"}",
            "write $event.type without quotes, or `\\u0024` for a `$` that is meant",
        ),
        ("{\"a\": [\"of ^$message.id.\"]}", "write $message.id without quotes"),
        (
            "{\"a\": \"^{event.type}\"}",
            "write $event.type without quotes, or `\\u007b` for a `{` that is meant",
        ),
        ("{\"a\": 1^", "expected `,`"),
    ] {
        check_line(&template(marked), message);
    }
    check_line("[body]\ntemplate = ^''", "a JSON object or array");
    let deep = format!("{}^{}", "[".repeat(33), "[".repeat(9));
    check_line(&template(&deep), "nested deeper");
}

#[test]
fn what_only_looks_like_a_placeholder_is_text() {
    parse("[headers]\nx-a = \"$5 {{not.a.name}} $events\"").unwrap();
    parse(
        r#"[body]
template = '{"a": "$5 for {name}", "b": "\u0024event.type", "c": "\u007bsecret}", "d": "{secret"}'"#,
    )
    .unwrap();
}

const KINDS: &str =
    "[secrets]\nchosen = true\n[[secrets.kinds]]\ntype = \"symmetric\"\nencoding = \"text\"\n";

#[test]
fn in_signatures() {
    let one = "[[signatures]]\nheader = \"x-s\"\nalgorithm = \"hmac-sha1\"\n";
    for (marked, message) in [
        (
            "[[signatures]]\nheader = \"x-s\"\nalgorithm = ^\"md5\"\n".to_owned(),
            "there is no `md5` here; there are hmac-sha1, ",
        ),
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
        (format!("{one}join = ^\"\"\nkeys = \"all\"\n"), "must be printable"),
        (format!("{one}join = ^\",\"\n"), "write keys = \"all\""),
        (format!("{one}content = ^\"fixed\"\n"), "every request would have the same signature"),
        (format!("{one}content = \"{{attempt.timestamp}}^{{{{body}}}}\"\n"), "write `{body}` for the value"),
        (format!("{one}content = \"{{body}}^$attempt.timestamp\"\n"), "write `{attempt.timestamp}`"),
        (
            "[[signatures]]\nheader = \"x-s\"\nalgorithm = ^\"HMAC-SHA256\"\n".to_owned(),
            "did you mean `hmac-sha256`?",
        ),
        (format!("{one}keys = \"all\"\njoin = \",\"\nprevious_for = ^\"1s\"\n"), "leave this out"),
        (
            "^[[signatures]]\nheader = \"x-s\"\nalgorithm = \"hmac-sha1\"\nkeys = \"all\"\n".to_owned(),
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
    check_line(
        &kind("encoding = ^\"rot13\""),
        "there is no `rot13` here; there are hex, base64, base64url, text",
    );
    for (marked, message) in [
        ("encoding = ^\"Base64\"", "did you mean `base64`?"),
        ("encoding = \"hex\"\nbytes = ^[5, 4]", "the least comes first: [4, 5]"),
        ("encoding = \"hex\"\nbytes = ^[0, 4]", "must be from 1 to 1024"),
        ("encoding = \"hex\"\nbytes = ^[4, 1025]", "must be from 1 to 1024"),
        ("encoding = \"hex\"\nbytes = ^16", "write the least and the most: [16, 16]"),
        ("encoding = \"hex\"\nbytes = ^[16]", "such as [16, 64], not 1 numbers"),
        ("encoding = \"hex\"\nbytes = ^\"16\"", "the least and the most, such as [16, 64]"),
        (
            "encoding = \"hex\"\nbytes = [5, 6]\ngenerate = ^7",
            "a secret of 7 random bytes would not be within `bytes`, [5, 6]",
        ),
        ("encoding = \"hex\"\ngenerate = ^257", "`bytes`, [1, 256], its default"),
        (
            "encoding = \"text\"\nbytes = [36, 36]\ngenerate = ^36",
            "a secret of 36 random bytes, 48 as text, would not be within `bytes`, [36, 36]",
        ),
        ("encoding = \"text\"\nbytes = ^[5, 5]", "never has this length"),
        ("encoding = \"text\"\nprefix = ^\"a b\"", "without spaces"),
    ] {
        check_line(&kind(marked), message);
    }
    // As a single table it is still a kind: nothing that uses it is a mistake too.
    check_line(
        "[secrets]\nchosen = true\n^[secrets.kinds]\ntype = \"symmetric\"\nencoding = \"text\"\n\
         [[signatures]]\nheader = \"x-s\"\nalgorithm = \"hmac-sha1\"",
        "write [[secrets.kinds]]",
    );
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
        ("success = [^200]", "in quotes: \"200\""),
        ("timeout = ^\"61s\"", "at most 60s"),
        ("timeout = ^\"0s\"", "more than 0s"),
        ("disable_after = ^\"5 days\"", "not a duration"),
        ("disable_after = ^\"366d\"", "longer than 365 days"),
        ("retry_schedule = [\"5s\", ^\"5\"]", "not a duration"),
        ("retry_schedule = [^\"s\"]", "not a duration"),
        ("retry_schedule = [^\"-5s\"]", "not a duration"),
        ("retry_schedule = [^\"99999999999999999999s\"]", "not a duration"),
        ("jitter = ^1.5", "from 0.0 to 1.0"),
        ("exhausted = ^\"explode\"", "there is no `explode` here; there are fail, "),
        ("max_body_bytes = ^-1", "less than nothing"),
        ("max_body_bytes = ^\"256KB\"", "a whole number without quotes or unit"),
        ("breaker = ^\"yes\"", "expected true or false, not the string \"yes\""),
        ("timeout = ^10", "in quotes, such as \"10s\""),
        ("retry_schedule = [\"1s\", ^4]", "in quotes, such as \"4s\""),
        ("success = [^\"700\"]", "`700` is no answer to a request: status codes of answers are 200 to 599"),
        ("success = [\"2xx\", ^\"1xx\", \"404\"]", "`1xx` is no answer"),
        ("success = [^\"500-600\"]", "`500-600` is no answer"),
        ("slow_down = [^\"999\"]", "`999` is no answer"),
    ] {
        check_line(&format!("[delivery]\n{marked}"), message);
    }
    let many = format!("[delivery]\nretry_schedule = ^[{}]", "\"1s\",".repeat(51));
    check_line(&many, "at most 50 retries");
    let long = |days: usize| format!("[delivery]\nretry_schedule = ^[{}]", format!("\"{days}d\",").repeat(9));
    check_line(&long(11), "all waits together are at most 90 days");
    parse(&long(10).replace('^', "")).unwrap();
}

#[test]
fn in_placeholders() {
    check_line("[headers]\nx-a = \"{^mesage.id}\"", "did you mean `message.id`?");
    check_line(
        "[headers]\nx-a = \"{^colour}\"",
        "there are message.*, attempt.*, event.*, endpoint.*, auth.word, ",
    );
    check_line("[headers]\nx-a = \"{^event.colour}\"", "there are event.type, event.type.slashes, event.id");
    check_line("[headers]\nx-a = \"{^endpoint.uri}\"", "did you mean `endpoint.url`?");
    check_line(
        "[headers]\nx-a = \"{^message.timestamp.iso}\"",
        "there are message.timestamp, message.timestamp.unix_millis, message.timestamp.seconds, ",
    );
    check_line("[headers]\nx-a = \"{^attempt.timestamp.milis}\"", "did you mean `attempt.timestamp.millis`?");
    check_line("[headers]\nx-a = \"{^id.Evt}\"", "there is no placeholder `id.Evt`");
    check_line("[headers]\nx-a = \"{^id.toolongone}\"", "there is no placeholder");
    check_line("[headers]\nx-a = \"{^action}\"", "`action` cannot stand here");
    check_line("[headers]\nx-a = ^\"{secret}\"", "no [[secrets.kinds]]");
    check_line("[body]\ntemplate = ^'{\"t\": $secret}'", "no [[secrets.kinds]]");
    check_line("[headers]\nx-a = ^\"{auth.word}\"", "[auth] has no `words`");
}

#[test]
fn in_authentication() {
    for (marked, message) in [
        ("[auth]\nkinds = ^[]", "at least one kind"),
        ("[auth]\nkinds = [^\"magic\"]", "there is no `magic` here; there are none, "),
        ("[auth]\nkinds = [\"none\"]\ncached_tokens = ^true", "there are no tokens"),
        (
            "[auth]\nwords = { ^magic = \"x\" }\n[headers]\nx-a = \"{auth.word}\"",
            "not a kind of authentication",
        ),
        (
            "[auth]\nkinds = [\"none\"]\nwords = { none = \"-\", ^basic = \"x\" }\n[headers]\nx-a = \"{auth.word}\"",
            "not among the `kinds`",
        ),
        ("[auth]\nwords = { ^none = \"x\" }", "nothing writes these words"),
        (
            "[headers]\nauthorization = \"x\"\n[auth]\nkinds = [\"none\", ^\"basic\", \"header\"]",
            "writes `Authorization`",
        ),
    ] {
        check_line(marked, message);
    }
    let one = "[[signatures]]\nheader = \"x-s\"\nalgorithm = \"hmac-sha1\"\n";
    check_line(&format!("{one}with_auth = ^[]\n{KINDS}"), "never be written");
    check_line(
        &format!("{one}with_auth = [^\"basic\"]\n{KINDS}[auth]\nkinds = [\"none\"]"),
        "not among the `kinds`",
    );
    check_line(&format!("{one}previous_for = ^\"25h\"\n{KINDS}"), "longer than the `overlap`");
    check_line("[secrets]\noverlap = ^\"8d\"", "at most 7 days");
}

#[test]
fn in_endpoints_and_events() {
    for (marked, message) in [
        ("[endpoints]\nhttps = ^\"always\"", "there is no `always` here; there are free, advised, required"),
        ("[endpoints]\n^https_only = true", "did you mean `https`?"),
        ("[endpoints]\nsubscription = ^\"type\"", "did you mean `types`?"),
        ("[endpoints]\nlive_most = ^0", "at least 1"),
        ("[endpoints]\nlive_most = ^65536", "at most 65535"),
        ("[endpoints]\ntest_most = ^-1", "less than nothing"),
        ("[endpoints]\nscope_from = ^\"campaign.id\"", "not a path into the payload"),
        ("[endpoints]\nper_scope_most = ^1", "`scope_from`"),
        ("[events]\ncatalogue = ^\"shut\"", "there is no `shut` here; there are open, strict"),
        ("^[[events.types]]", "the key `name` is missing"),
        ("[[events.types]]\nname = ^\"a b\"", "the name of an event type"),
        ("[[events.types]]\nname = \"a\"\n[[events.types]]\nname = ^\"a\"", "comes twice"),
        ("[[events.types]]\nname = \"a\"\naliases = [\"b\", ^\"a\"]", "comes twice"),
        ("[[events.types]]\nname = \"a\"\nschema = ^'{'", "not JSON"),
        ("[[events.types]]\nname = \"a\"\nschema = ^'true'", "a JSON object"),
        ("[[events.types]]\nname = \"a\"\n^usecase = \"\"", "did you mean `use_case`?"),
        ("[body]\ndrop_keys = [\"a\", ^\"a\"]", "comes twice"),
        ("[delivery]\nmax_body_bytes = ^1", "nothing would ever be sent"),
    ] {
        check_line(marked, message);
    }
}

#[test]
fn in_lifecycle_and_timing() {
    let ping = |event_type: &str, on: &str, template: &str| {
        format!("[lifecycle]\nevent_type = {event_type}\non = {on}\ntemplate = {template}\n")
    };
    check_line(&ping("\"ping\"", "^[]", "'{}'"), "say when");
    check_line(
        &ping("\"ping\"", "[^\"delete\"]", "'{}'"),
        "there is no `delete` here; there are create, update",
    );
    check_line(
        &ping("\"ping\"", "[\"create\"]", "'{\"a\": ^$event.type}'"),
        "`event.type` cannot stand here",
    );
    check_line(
        &format!("{}[[events.types]]\nname = \"ping\"", ping("^\"ping\"", "[\"create\"]", "'{}'")),
        "cannot be that of lifecycle events",
    );
    let strict = "[events]\ncatalogue = \"strict\"\n[[events.types]]\nname = \"cart.left\"\n";
    for (marked, message) in [
        ("[[delays]]\ntypes = ^[]\nwait = \"1m\"", "at least one event type"),
        ("^[[delays]]\nwait = \"1m\"", "`types` is missing"),
        ("[[delays]]\ntypes = [\"cart.left\"]\nwait = ^\"0s\"", "more than 0s"),
        ("[[delays]]\ntypes = [\"cart.left\"]\nwait = ^\"31d\"", "at most 30d"),
        ("[[delays]]\ntypes = [\"cart.left\"]\nwait = \"1m\"\nfrom = ^\"startedAt\"", "not a path"),
        ("[[delays]]\ntypes = [^\"cart.lost\"]\nwait = \"1m\"", "did you mean `cart.left`?"),
        (
            "[[delays]]\ntypes = [\"cart.left\"]\nwait = \"1m\"\n[[delays]]\ntypes = [^\"cart.left\"]\nwait = \"2m\"",
            "the first rule holds",
        ),
        ("^[superseding]", "the key `key` is missing"),
        ("[superseding]\nkey = \"payload.id\"\ntypes = [^\"x\"]", "the catalogue is strict"),
    ] {
        check_line(&format!("{strict}{marked}"), message);
    }
}

#[test]
fn all_are_told_at_once_in_the_order_of_the_text() {
    let text = r#"name = "two words"
methods = ["POST", "GET"]
colour = 1
[headers]
X-Event = "{event.typ}{event.type}{event.colour}"
"Host" = "x"
[body]
template = '''{
  "a": $nobody,
  "a": $payload,
  "b": $mesage.id
}'''
[[signatures]]
header = "X-Event"
algorithm = "md5"
[[signatures]]
header = "X-Sig"
algorithm = "hmac-sha1"
[secrets]
overlap = "8d"
[delivery]
timeout = "0s"
retry_schedule = ["1s", "soon", "never"]
retrys = 1
"#;
    insta::assert_snapshot!(Profile::parse(text).unwrap_err());
}

#[test]
fn all_that_is_no_toml_is_told_at_once() {
    let errors = Profile::parse("name = \nmethods = [\"POST\"\n[headers\nx = \"1\"").unwrap_err();
    assert!(errors.0.len() > 1, "{errors}");
}
