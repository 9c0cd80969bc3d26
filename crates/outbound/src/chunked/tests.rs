use super::*;

/// Feeds `text` in pieces of `piece` bytes; the body, whether it ended, and what was left over.
fn decode(text: &str, piece: usize) -> Result<(String, bool, String), Malformed> {
    let (mut chunked, mut received, mut body, mut done) =
        (Chunked::default(), BytesMut::new(), Vec::new(), false);
    for piece in text.as_bytes().chunks(piece) {
        received.extend_from_slice(piece);
        done = chunked.take(&mut received, &mut body)?;
    }
    Ok((String::from_utf8(body).unwrap(), done, String::from_utf8(received.to_vec()).unwrap()))
}

#[test]
fn decodes_however_it_is_cut() {
    for (text, body, done, left) in [
        ("5\r\nhello\r\n0\r\n\r\n", "hello", true, ""),
        ("2;ext=\"x\"\r\nhe\r\n003\r\nllo\r\n0\r\nTrailer: 1\r\nB: 2\r\n\r\n", "hello", true, ""),
        ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789", true, ""),
        ("0\r\n\r\n", "", true, ""),
        ("5\r\nhel", "hel", false, ""),
        ("5\r\nhello\r\n0\r\n", "hello", false, ""),
    ] {
        for piece in [1, 2, 3, 1000] {
            let expected = (body.to_owned(), done, left.to_owned());
            assert_eq!(decode(text, piece).unwrap(), expected, "{text:?} by {piece}");
        }
    }
}

#[test]
fn leaves_what_follows_alone() {
    let (_, done, left) = decode("0\r\n\r\nHTTP/1.1 200 OK\r\n", 1000).unwrap();
    assert_eq!((done, left.as_str()), (true, "HTTP/1.1 200 OK\r\n"));
}

#[test]
fn refuses_damage_and_endless_lines() {
    let long = "x".repeat(2 * LINE_BYTES);
    for text in [
        "x\r\n".to_owned(),
        "\r\n".to_owned(),
        "-1\r\n".to_owned(),
        "5\r\nhelloX\r\n".to_owned(),
        "fffffffffffffffff\r\n".to_owned(),
        format!("5;{long}"),
        format!("0\r\n{long}"),
    ] {
        assert!(decode(&text, 1000).is_err(), "{text:?}");
    }
}
