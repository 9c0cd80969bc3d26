use super::*;

fn refused(status: u16, body: &str) -> String {
    understand(status, body.as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_refusal_says_the_servers_reasons() {
    let plain = refused(401, r#"{"code":"authentication_failed","detail":"Invalid token"}"#);
    assert_eq!(plain, "refused with 401: Invalid token");
    let list = r#"{"detail":[{"loc":["body","payload"],"msg":"must be an object","type":"x"},{"loc":["body"],"msg":"b","type":"y"}]}"#;
    assert_eq!(refused(422, list), "refused with 422: body.payload: must be an object; body: b");
    assert!(refused(502, "<html>").contains("is this a Fanfare server?"));
    assert!(refused(200, "<html>").contains("no Fanfare server"));
}

#[tokio::test]
async fn names_in_the_path_cannot_leave_it() {
    let (server, key) = ("https://example.org/fanfare/".parse().unwrap(), Secret::new("sk"));
    let call = Call::new(&server, &key, None, Duration::ZERO).unwrap();
    let url = call.url(&["app", "../a b?", "msg"], &[("with_content", "false")]).unwrap();
    assert_eq!(url.as_str(), "https://example.org/fanfare/app/..%2Fa%20b%3F/msg?with_content=false");
}
