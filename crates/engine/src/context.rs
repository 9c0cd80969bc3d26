//! What every service of a node stands on: the ports, the master key, the profiles, the id mint.

use std::{collections::BTreeMap, sync::Arc};

use fanfare_core::{
    auth::CredentialsMismatch,
    endpoint::{Credentials, Endpoint, Key, WebhookUrl},
    id::{EnvironmentId, ID_BYTES, IdMint},
    inbox::InboxUrls,
    message::ProfileHash,
    name::ProfileName,
    ports::{Clock, Entropy, Store, Transport},
    profile::Profile,
    secret::{MasterKey, OpenError, SealContext, Sealed, Secret},
    time::Timestamp,
};

/// The four ports.
#[derive(Clone)]
pub struct Ports {
    /// What is durable.
    pub store: Arc<dyn Store>,
    /// The network.
    pub transport: Arc<dyn Transport>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// The ports and what is fixed for the life of a process.
pub struct Context {
    /// The four ports.
    pub ports: Ports,
    /// Seals and opens all secrets of the store.
    pub master_key: MasterKey,
    /// The wire formats that this process knows.
    pub profiles: Profiles,
    /// Where inboxes with an address of their own are; none where this process serves no requests.
    pub inboxes: Option<InboxUrls>,
    mint: IdMint,
}

impl Context {
    /// A context over these parts, of a process that serves no requests.
    pub fn new(ports: Ports, master_key: MasterKey, profiles: Profiles) -> Arc<Self> {
        Self::serving(ports, master_key, profiles, None)
    }

    /// The same of a server, whose inboxes have addresses.
    pub fn serving(
        ports: Ports,
        master_key: MasterKey,
        profiles: Profiles,
        inboxes: Option<InboxUrls>,
    ) -> Arc<Self> {
        Arc::new(Self { ports, master_key, profiles, inboxes, mint: IdMint::default() })
    }

    /// Whether a URL is the address of an inbox of this server.
    pub fn is_inbox(&self, url: &WebhookUrl) -> bool {
        self.inboxes.as_ref().is_some_and(|inboxes| inboxes.token_of(url.as_url()).is_some())
    }

    /// The store.
    pub fn store(&self) -> &dyn Store {
        &*self.ports.store
    }

    /// The wall clock's time.
    pub fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// A new id.
    pub fn mint<I: From<[u8; ID_BYTES]>>(&self) -> I {
        self.mint.mint(&*self.ports.clock, &*self.ports.entropy)
    }

    /// Seals a secret for one field of one owner.
    pub fn seal(
        &self,
        secret: &Secret,
        environment: EnvironmentId,
        owner: [u8; ID_BYTES],
        field: &str,
    ) -> Sealed {
        self.master_key.seal(secret, SealContext { environment, owner, field }, &*self.ports.entropy)
    }

    /// Opens a secret sealed for one field of one owner.
    pub fn open(
        &self,
        sealed: &Sealed,
        environment: EnvironmentId,
        owner: [u8; ID_BYTES],
        field: &str,
    ) -> Result<Secret, OpenError> {
        self.master_key.open(sealed, SealContext { environment, owner, field })
    }

    /// Opens all credentials of an endpoint.
    pub fn credentials(
        &self,
        environment: EnvironmentId,
        endpoint: &Endpoint,
    ) -> Result<Credentials, CredentialsError> {
        let open = |sealed: &Sealed, field| self.open(sealed, environment, endpoint.id.0, field);
        let keys = endpoint
            .keys
            .iter()
            .map(|key| {
                Ok(Key {
                    number: key.number,
                    secret: open(&key.secret, field::SECRET)?,
                    created_at: key.created_at,
                    expires_at: key.expires_at,
                })
            })
            .collect::<Result<_, OpenError>>()?;
        let headers = match &endpoint.headers {
            Some(sealed) => headers_from_json(&open(sealed, field::HEADERS)?)?,
            None => Vec::new(),
        };
        let userinfo = endpoint.userinfo.as_ref().map(|sealed| open(sealed, field::USERINFO)).transpose()?;
        let sealed = endpoint.auth_credentials.as_ref();
        let opened = sealed.map(|sealed| open(sealed, field::AUTH)).transpose()?;
        let auth = endpoint.auth.with_credentials(opened.as_ref())?;
        Ok(Credentials { keys, headers, userinfo, auth })
    }
}

/// The names that sealed fields of an endpoint are bound to.
pub mod field {
    /// A signing key.
    pub const SECRET: &str = "secret";
    /// The custom headers, as a JSON object of strings.
    pub const HEADERS: &str = "headers";
    /// `user:password` of the URL.
    pub const USERINFO: &str = "userinfo";
    /// The credentials of its authentication, as a JSON object.
    pub const AUTH: &str = "auth";
    /// A request that arrived at an inbox.
    pub const ARRIVAL: &str = "arrival";
    /// The body of a remembered answer.
    pub const ANSWER: &str = "answer";
}

/// Why an endpoint's credentials could not be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    /// A sealed secret did not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Sealed credentials of another kind than the endpoint's authentication.
    #[error(transparent)]
    Auth(#[from] CredentialsMismatch),
    /// The sealed headers are not a JSON object of strings.
    #[error("the sealed headers are not a JSON object of strings")]
    Headers,
}

fn headers_from_json(json: &Secret) -> Result<Vec<(String, Secret)>, CredentialsError> {
    let headers: BTreeMap<String, String> =
        serde_json::from_str(json.reveal()).map_err(|_| CredentialsError::Headers)?;
    Ok(headers.into_iter().map(|(name, value)| (name, Secret::new(value))).collect())
}

/// The wire formats that a process knows, by name and by hash.
#[derive(Clone)]
pub struct Profiles {
    by_name: BTreeMap<ProfileName, Arc<Profile>>,
}

impl Profiles {
    /// A set of profiles; a later one replaces an earlier one of the same name.
    pub fn new(profiles: impl IntoIterator<Item = Profile>) -> Self {
        let named = profiles.into_iter().map(|profile| (profile.name.clone(), Arc::new(profile)));
        Self { by_name: named.collect() }
    }

    /// The profile of that name.
    pub fn named(&self, name: &ProfileName) -> Option<&Arc<Profile>> {
        self.by_name.get(name)
    }

    /// The profile of that text.
    pub fn hashed(&self, hash: ProfileHash) -> Option<&Arc<Profile>> {
        self.by_name.values().find(|profile| profile.hash == hash)
    }

    /// All of them, by name.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Profile>> {
        self.by_name.values()
    }
}
