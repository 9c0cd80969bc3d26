//! Whatever rendering writes is verified; whatever is changed afterwards is not.

use super::*;

const TEXT: &str = "[secrets]\nchosen = true\n[[secrets.kinds]]\ntype = \"symmetric\"\nencoding = \"text\"\n";

/// Formats as they are found in the wild.
fn formats() -> Vec<Profile> {
    let token = format!(
        "[headers]\nAuthorization = \"{{secret}}\"\n[body]\ntemplate = '''{{\"_token\": $secret, \
         \"_timestamp\": $message.timestamp.millis, \"_event\": $event.type, \"fixed\": {{\"a\": [1, null]}}, \
         ...$payload}}'''\n{TEXT}"
    );
    let timed = "content = \"{attempt.timestamp}.{body}\"\nformat = \"t={attempt.timestamp},v1={signature}\"";
    let wrapped = "content = \"{attempt.timestamp}.{body}\"\nformat = \"v1={signature}\"\nkeys = \"all\"\njoin = \",\"\n\
                   wrap = \"t={attempt.timestamp},{signatures}\"";
    let enveloped = format!(
        "[headers]\nX-Time = \"{{attempt.timestamp.micros}}\"\n[body]\ntemplate = '''{{\"id\": $id.evt, \
         \"event\": $event.id, \"data\": {{\"object\": $payload}}}}'''\n[[signatures]]\nheader = \"X-Sig\"\n\
         algorithm = \"hmac-sha512\"\nencoding = \"base64url\"\n\
         content = \"{{message.id}}:{{attempt.timestamp}}:{{attempt.timestamp.unix_millis}}:{{body}}:{{secret}}\"\n{TEXT}"
    );
    let mut formats = vec![
        profile(&token),
        profile(&enveloped),
        signing("hmac-sha1", "hex", "format = \"sha1={signature}\""),
        signing("hmac-sha256", "base64", ""),
        signing("hmac-sha256", "hex", timed),
        signing("hmac-sha256", "hex", wrapped),
    ];
    formats.extend(built_in());
    formats
}

/// A secret for each kind that a profile knows; none where it knows none.
fn secrets_of(profile: &Profile) -> Vec<Secret> {
    profile.secret_formats.iter().map(|format| format.generate(&Counting::default())).collect()
}

fn is_signed(profile: &Profile, sent: &mut Sent) -> bool {
    let signatures = &profile.wire.signatures;
    signatures.iter().any(|header| sent.headers.iter().any(|(name, _)| *name == header.name))
}

#[test]
fn every_format_is_verified_with_every_kind_of_secret() {
    for profile in formats() {
        let mut lots: Vec<Vec<Secret>> =
            secrets_of(&profile).into_iter().map(|secret| vec![secret]).collect();
        lots.push(Vec::new());
        for lot in lots {
            let texts: Vec<_> = lot.iter().map(Secret::reveal).collect();
            let sent = Sent::by(&profile, &credentials(&texts), &message(r#"{"a": 1.10, "é": "🃏"}"#));
            let verifier = Verifier::new(&profile, &lot).unwrap();
            let checks = verifier.check(&sent.captured(), NOW);
            assert_eq!(complaints(&checks), [""; 0], "{} with {} secrets: {sent:?}", profile.name, lot.len());
        }
    }
}

#[test]
fn the_public_key_of_an_ed25519_secret_is_enough() {
    let standard = &built_in()[0];
    let secret = standard.secret_formats[1].generate(&Counting::default());
    let sent = Sent::by(standard, &credentials(&[secret.reveal()]), &message("{}"));
    let public = standard.verification_key(&secret);
    assert!(public.reveal().starts_with("whpk_"));
    let checks = Verifier::new(standard, &[public]).unwrap().check(&sent.captured(), NOW);
    assert_eq!(Verdict::of(&checks), Verdict::Right, "{checks:?}");
}

#[test]
fn while_a_secret_is_replaced_either_one_verifies() {
    let profile = signing("hmac-sha256", "hex", "keys = \"all\"\njoin = \",\"");
    let sent = Sent::by(&profile, &credentials(&["old one", "new one"]), &message("{}"));
    for lot in [&["old one"][..], &["new one"], &["neither", "old one"]] {
        let checks = Verifier::new(&profile, &secrets(lot)).unwrap().check(&sent.captured(), NOW);
        assert_eq!(Verdict::of(&checks), Verdict::Right, "{lot:?}: {checks:?}");
    }
    let checks = Verifier::new(&profile, &secrets(&["neither"])).unwrap().check(&sent.captured(), NOW);
    assert_eq!(Verdict::of(&checks), Verdict::Wrong);
}

fn payloads() -> impl Strategy<Value = String> {
    prop::collection::btree_map("[a-z_]{1,8}", prop_oneof!["[ -~é🃏]{0,12}"], 0..5)
        .prop_map(|object: BTreeMap<String, String>| serde_json::to_string(&object).unwrap())
}

/// Another byte in the place of one.
fn changed(byte: u8, by: u8) -> u8 {
    byte.wrapping_add(by % 255 + 1)
}

proptest! {
    #[test]
    fn whatever_is_rendered_is_verified_and_whatever_is_changed_is_not(
        at in any::<prop::sample::Index>(),
        which in any::<prop::sample::Index>(),
        by in any::<u8>(),
        payload in payloads(),
    ) {
        let formats = formats();
        let profile = which.get(&formats);
        let Some(secret) = secrets_of(profile).into_iter().next() else { return Ok(()) };
        let mut sent = Sent::by(profile, &credentials(&[secret.reveal()]), &message(&payload));
        let verifier = Verifier::new(profile, &[secret]).unwrap();
        let judge = |sent: &Sent| Verdict::of(&verifier.check(&sent.captured(), NOW));
        prop_assert_eq!(judge(&sent), Verdict::Right);
        if !is_signed(profile, &mut sent) {
            return Ok(());
        }
        for header in &profile.wire.signatures {
            let mut forged = sent.clone();
            let value = forged.header(&header.name);
            let mut bytes = value.clone().into_bytes();
            let place = at.index(bytes.len());
            // Values of headers are text: another letter or digit, or something that is neither.
            bytes[place] = if changed(bytes[place], by).is_ascii_graphic() { changed(bytes[place], by) } else { b'~' };
            *value = String::from_utf8(bytes).unwrap();
            prop_assert_eq!(judge(&forged), Verdict::Wrong, "{:?}", forged);
        }
        let place = at.index(sent.body.len());
        sent.body[place] = changed(sent.body[place], by);
        prop_assert_eq!(judge(&sent), Verdict::Wrong, "{:?}", sent);
    }

    #[test]
    fn no_header_makes_it_panic(value in "\\PC{0,200}", body in prop::collection::vec(any::<u8>(), 0..200)) {
        for profile in formats() {
            let verifier = Verifier::new(&profile, &secrets_of(&profile)).unwrap();
            let names = profile.wire.headers.iter().map(|header| &header.name);
            let names = names.chain(profile.wire.signatures.iter().map(|header| &header.name));
            let headers: Vec<_> = names.map(|name| (name.clone(), value.clone())).collect();
            verifier.check(&Captured { method: "POST", headers: &headers, body: &body }, NOW);
        }
    }
}
