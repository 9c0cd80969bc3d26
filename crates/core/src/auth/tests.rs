use std::sync::Arc;

use super::*;

fn secret(text: &str) -> Secret {
    Secret::new(text)
}

#[test]
fn credentials_survive_being_sealed_apart_from_their_settings() {
    let client = ClientCredentials {
        token_url: "https://login.example/token".parse().unwrap(),
        client_id: secret("id"),
        client_secret: secret("s3cr3t"),
        scope: Some("hooks".into()),
        audience: None,
        credentials_in: CredentialsIn::Body,
    };
    let all = [
        Auth::None,
        Auth::Basic { username: secret("user"), password: secret("pä:ss") },
        Auth::Bearer { token: secret("token") },
        Auth::Header { name: "X-Api-Token".into(), value: secret("123456ots") },
        Auth::OAuth2(Arc::new(client)),
    ];
    for auth in all {
        let settings = auth.settings();
        assert_eq!(settings.with_credentials(auth.credentials().as_ref()), Ok(auth));
        let public = serde_json::to_string(&settings).unwrap();
        assert!(!["s3cr3t", "pä:ss", "123456ots", "\"id\""].iter().any(|hidden| public.contains(hidden)));
        assert_eq!(serde_json::from_str::<AuthSettings>(&public).unwrap(), settings);
    }
}

#[test]
fn credentials_of_another_kind_are_refused() {
    let bearer = Auth::Bearer { token: secret("token") }.credentials();
    assert_eq!(AuthSettings::Basic.with_credentials(bearer.as_ref()), Err(CredentialsMismatch));
    assert_eq!(AuthSettings::None.with_credentials(bearer.as_ref()), Err(CredentialsMismatch));
    assert_eq!(AuthSettings::Bearer.with_credentials(None), Err(CredentialsMismatch));
}
