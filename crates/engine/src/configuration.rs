//! The configuration in memory: applications with their opened endpoints, environments with their catalogue.
//!
//! A cache, never the truth: the store compares versions inside each accept transaction, so a stale entry
//! costs a second match and nothing else. [`Configurations::refresh`] drops what changed.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use fanfare_core::{
    application::Application,
    endpoint::{Credentials, Endpoint},
    environment::{Environment, EventType},
    filter::Filter,
    id::{ApplicationId, EndpointId, EnvironmentId},
    matching::Candidate,
    message::ProfileHash,
    name::{EventTypeName, Uid},
    ports::{
        Monotonic,
        store::{EnvironmentConfig, Named, StoreError, StoreResult},
    },
    profile::Profile,
    rules::DeliveryRules,
    time::Timestamp,
};
use parking_lot::{Mutex, RwLock};

use crate::{context::Context, schema::Enforced};

/// An application as matching and sending see it.
#[derive(Debug)]
pub struct ApplicationView {
    /// The application.
    pub application: Application,
    /// Its version in the store.
    pub version: u64,
    /// Its endpoints, by id.
    pub endpoints: Vec<Arc<EndpointView>>,
}

impl ApplicationView {
    /// The endpoint of that id.
    pub fn endpoint(&self, id: EndpointId) -> Option<&Arc<EndpointView>> {
        let at = self.endpoints.binary_search_by_key(&id, |view| view.endpoint.id).ok()?;
        self.endpoints.get(at)
    }
}

/// An endpoint with what sending to it needs.
#[derive(Debug)]
pub struct EndpointView {
    /// The endpoint; its method is the application's where it names none.
    pub endpoint: Endpoint,
    /// Its filter, compiled; none where it has none, or one that this version does not take.
    pub filter: Option<Arc<Filter>>,
    /// Its opened credentials, or why they do not open.
    pub credentials: Result<Credentials, String>,
    /// The wire format that new messages get: its own profile, else the environment's.
    pub profile: Arc<Profile>,
    /// The profile's rules with the endpoint's own laid over them.
    pub rules: DeliveryRules,
    failing_since: Mutex<Option<Timestamp>>,
    success_noted: Mutex<Option<Monotonic>>,
}

/// How often a node tells the store that an endpoint succeeds which it has not seen fail: others may have.
const SUCCESS_NEWS: Duration = Duration::from_secs(600);

impl EndpointView {
    /// What matching goes by.
    pub(crate) fn candidate(&self) -> Candidate<'_> {
        Candidate { endpoint: &self.endpoint, filter: self.filter.as_deref(), profile: &self.profile }
    }

    /// Its wire format where it has one of its own: what its deliveries record. The engine keeps the texts of
    /// all profiles when it starts, so that the store has it.
    pub(crate) fn own_profile(&self) -> Option<ProfileHash> {
        self.endpoint.profile.is_some().then_some(self.profile.hash)
    }

    /// Since when the endpoint has done nothing but fail, as far as this node knows.
    pub fn failing_since(&self) -> Option<Timestamp> {
        *self.failing_since.lock()
    }

    /// Whether it is time to tell the store again that the endpoint succeeds.
    pub(crate) fn is_success_news(&self, now: Monotonic) -> bool {
        let mut noted = self.success_noted.lock();
        let is_news = noted.is_none_or(|noted| now.since(noted) >= SUCCESS_NEWS);
        if is_news {
            *noted = Some(now);
        }
        is_news
    }

    /// Notes since when it has done nothing but fail; answers what was known before.
    pub(crate) fn set_failing_since(&self, since: Option<Timestamp>) -> Option<Timestamp> {
        std::mem::replace(&mut *self.failing_since.lock(), since)
    }
}

/// An environment as matching sees it.
#[derive(Debug)]
pub struct EnvironmentView {
    /// The environment.
    pub environment: Environment,
    /// Its version in the store.
    pub version: u64,
    /// Its profile, if this process knows it.
    pub profile: Option<Arc<Profile>>,
    /// Its catalogue.
    pub event_types: HashMap<EventTypeName, EventType>,
    /// The other spellings of their names, each with the name that it stands for.
    pub aliases: BTreeMap<EventTypeName, EventTypeName>,
    pub(crate) schemas: Enforced,
}

impl EnvironmentView {
    /// Its profile; an error where this process was started without it.
    pub fn profile(&self) -> StoreResult<&Arc<Profile>> {
        self.profile.as_ref().ok_or_else(|| {
            let Environment { name, profile, .. } = &self.environment;
            StoreError::ProfileUnknown { of: format!("environment {name}"), profile: profile.clone() }
        })
    }

    /// The name in the catalogue that `name` is a spelling of; itself where it is none (TAL).
    pub fn canonical<'a>(&'a self, name: &'a EventTypeName) -> Cow<'a, EventTypeName> {
        match &self.profile {
            Some(profile) => {
                profile.events.canonical(name, &self.aliases, |name| self.event_types.contains_key(name))
            }
            None => Cow::Borrowed(self.aliases.get(name).unwrap_or(name)),
        }
    }
}

/// The configuration in memory.
pub struct Configurations {
    context: Arc<Context>,
    cached: RwLock<Cached>,
    /// Compiled filters by their text: most change less often than their applications do.
    filters: Mutex<HashMap<String, Arc<Filter>>>,
    seen: AtomicU64,
}

#[derive(Default)]
struct Cached {
    applications: HashMap<ApplicationId, Arc<ApplicationView>>,
    by_uid: HashMap<(EnvironmentId, Uid), ApplicationId>,
    environments: HashMap<EnvironmentId, Arc<EnvironmentView>>,
    /// Profiles of other processes or times, by hash.
    past_profiles: HashMap<ProfileHash, Arc<Profile>>,
}

/// Applications kept in memory at most; beyond, all are dropped and read again as needed.
const CACHED_APPLICATIONS: usize = 100_000;
/// Compiled filters kept in memory at most; beyond, all are dropped and compiled again as needed.
const CACHED_FILTERS: usize = 10_000;

impl Configurations {
    /// An empty cache.
    pub fn new(context: Arc<Context>) -> Self {
        Self { context, cached: RwLock::default(), filters: Mutex::default(), seen: AtomicU64::new(0) }
    }

    /// Drops what changed in the store since the last call. Call it after a change of one's own, so that the
    /// next message goes by it without a second match.
    pub async fn refresh(&self) -> StoreResult<()> {
        let changes = self.context.store().changes_since(self.seen.load(Ordering::Acquire)).await?;
        let mut cached = self.cached.write();
        self.seen.fetch_max(changes.version, Ordering::AcqRel);
        for id in changes.environments {
            cached.environments.remove(&id);
            // The views of its applications hold its profile.
            cached.applications.retain(|_, view| view.application.environment != id);
            cached.by_uid.retain(|(environment, _), _| *environment != id);
        }
        for id in changes.applications {
            forget(&mut cached, id);
        }
        Ok(())
    }

    /// Drops one application: it turned out to be stale.
    pub fn forget(&self, id: ApplicationId) {
        forget(&mut self.cached.write(), id);
    }

    /// Drops one environment: it turned out to be stale.
    pub fn forget_environment(&self, id: EnvironmentId) {
        self.cached.write().environments.remove(&id);
    }

    /// An application of this environment.
    pub async fn application(
        &self,
        environment: EnvironmentId,
        name: &Named<ApplicationId>,
    ) -> StoreResult<Option<Arc<ApplicationView>>> {
        let cached = self.cached(environment, name);
        if cached.is_some() {
            return Ok(cached);
        }
        let id = match name {
            Named::Id(id) => *id,
            Named::Uid(_) => match self.context.store().application(environment, name.clone()).await? {
                Some(application) => application.id,
                None => return Ok(None),
            },
        };
        let view = self.by_id(id).await?;
        Ok(view.filter(|view| view.application.environment == environment))
    }

    /// An application of whatever environment: for work that the store handed out.
    pub async fn by_id(&self, id: ApplicationId) -> StoreResult<Option<Arc<ApplicationView>>> {
        if let Some(view) = self.cached.read().applications.get(&id) {
            return Ok(Some(Arc::clone(view)));
        }
        let seen = self.seen.load(Ordering::Acquire);
        let Some(config) = self.context.store().application_config(id).await? else { return Ok(None) };
        let Some(environment) = self.environment(config.application.environment).await? else {
            return Ok(None);
        };
        let failing: HashMap<EndpointId, Option<Timestamp>> = self
            .context
            .store()
            .health(id)
            .await?
            .into_iter()
            .map(|health| (health.endpoint, health.failing_since))
            .collect();
        let endpoints = config.endpoints.into_iter().map(|endpoint| {
            let failing_since = failing.get(&endpoint.id).copied().flatten();
            self.endpoint_view(&environment, &config.application, endpoint, failing_since).map(Arc::new)
        });
        let view = Arc::new(ApplicationView {
            version: config.version,
            endpoints: endpoints.collect::<StoreResult<_>>()?,
            application: config.application,
        });
        self.keep(&view, seen);
        Ok(Some(view))
    }

    /// An environment.
    pub async fn environment(&self, id: EnvironmentId) -> StoreResult<Option<Arc<EnvironmentView>>> {
        if let Some(view) = self.cached.read().environments.get(&id) {
            return Ok(Some(Arc::clone(view)));
        }
        let seen = self.seen.load(Ordering::Acquire);
        let Some(config) = self.context.store().environment_config(id).await? else { return Ok(None) };
        let view = Arc::new(self.environment_view(config));
        let mut cached = self.cached.write();
        if self.seen.load(Ordering::Acquire) == seen {
            cached.environments.insert(id, Arc::clone(&view));
        }
        Ok(Some(view))
    }

    /// The wire format that a delivery was accepted under: the endpoint's, unless that has changed since.
    pub(crate) async fn profile(
        &self,
        hash: ProfileHash,
        endpoint: &EndpointView,
    ) -> StoreResult<Arc<Profile>> {
        if endpoint.profile.hash == hash {
            return Ok(Arc::clone(&endpoint.profile));
        }
        let known = self.context.profiles.hashed(hash).cloned();
        if let Some(profile) = known.or_else(|| self.cached.read().past_profiles.get(&hash).cloned()) {
            return Ok(profile);
        }
        let text = self.context.store().profile(hash).await?;
        let text = text.ok_or_else(|| StoreError::Broken(format!("the store has no profile {hash:?}")))?;
        let profile = Profile::parse(&text)
            .map(Arc::new)
            .map_err(|error| StoreError::Broken(format!("profile {hash:?}: {error}")))?;
        self.cached.write().past_profiles.insert(hash, Arc::clone(&profile));
        Ok(profile)
    }

    fn endpoint_view(
        &self,
        environment: &EnvironmentView,
        application: &Application,
        mut endpoint: Endpoint,
        failing_since: Option<Timestamp>,
    ) -> StoreResult<EndpointView> {
        let profile = match &endpoint.profile {
            None => environment.profile()?,
            Some(own) => self.context.profiles.named(own).ok_or_else(|| {
                let of = format!("endpoint {}", endpoint.id);
                StoreError::ProfileUnknown { of, profile: own.clone() }
            })?,
        };
        endpoint.method = endpoint.method.or(application.method);
        let credentials = self.context.credentials(application.environment, &endpoint);
        Ok(EndpointView {
            credentials: credentials.map_err(|error| error.to_string()),
            filter: endpoint.filter.as_deref().and_then(|text| self.filter(text, endpoint.id)),
            rules: profile.rules.for_endpoint(&endpoint),
            profile: Arc::clone(profile),
            failing_since: Mutex::new(failing_since),
            success_noted: Mutex::new(None),
            endpoint,
        })
    }

    /// A filter was checked when it was set, but maybe by another version.
    fn filter(&self, text: &str, endpoint: EndpointId) -> Option<Arc<Filter>> {
        if let Some(known) = self.filters.lock().get(text) {
            return Some(Arc::clone(known));
        }
        match Filter::parse(text).map(Arc::new) {
            Ok(filter) => {
                let mut filters = self.filters.lock();
                if filters.len() >= CACHED_FILTERS {
                    filters.clear();
                }
                filters.insert(text.to_owned(), Arc::clone(&filter));
                Some(filter)
            }
            Err(error) => {
                tracing::error!(%endpoint, %error, "this version does not take the endpoint's filter; nothing passes it");
                None
            }
        }
    }

    fn environment_view(&self, config: EnvironmentConfig) -> EnvironmentView {
        let (aliases, schemas) = (config.aliases(), Enforced::of(&config.event_types));
        let event_types = config.event_types.into_iter().map(|kind| (kind.name.clone(), kind));
        EnvironmentView {
            aliases,
            schemas,
            version: config.version,
            profile: self.context.profiles.named(&config.environment.profile).cloned(),
            event_types: event_types.collect(),
            environment: config.environment,
        }
    }

    fn cached(
        &self,
        environment: EnvironmentId,
        name: &Named<ApplicationId>,
    ) -> Option<Arc<ApplicationView>> {
        let cached = self.cached.read();
        let id = match name {
            Named::Id(id) => *id,
            Named::Uid(uid) => *cached.by_uid.get(&(environment, uid.clone()))?,
        };
        let view = cached.applications.get(&id)?;
        (view.application.environment == environment).then(|| Arc::clone(view))
    }

    /// Keeps a view, unless a refresh came between its reading and now: it may be older than that.
    fn keep(&self, view: &Arc<ApplicationView>, seen: u64) {
        let mut cached = self.cached.write();
        if self.seen.load(Ordering::Acquire) != seen {
            return;
        }
        if cached.applications.len() >= CACHED_APPLICATIONS {
            cached.applications.clear();
            cached.by_uid.clear();
        }
        let application = &view.application;
        if let Some(uid) = &application.uid {
            cached.by_uid.insert((application.environment, uid.clone()), application.id);
        }
        cached.applications.insert(application.id, Arc::clone(view));
    }
}

fn forget(cached: &mut Cached, id: ApplicationId) {
    let Some(view) = cached.applications.remove(&id) else { return };
    if let Some(uid) = &view.application.uid {
        cached.by_uid.remove(&(view.application.environment, uid.clone()));
    }
}
