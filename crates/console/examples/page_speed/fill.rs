//! Fills the store: messages of one day in one application with twenty endpoints. Of a hundred messages, two have
//! failed for good and one waits for a further attempt; one in fifty thousand is of a rare type.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use fanfare_core::{
    activity::{Activity, Minute},
    application::Application,
    delivery::{Attempt, DeliveryEvent, DeliveryKey, DeliveryState, Incarnation, Method, Trigger},
    endpoint::Endpoint,
    environment::Environment,
    id::{AttemptId, MessageId, first_id_at},
    limits::LEASE,
    message::{Message, Payload, ProfileHash},
    node::Roles,
    ports::store::{Accept, Accepted, ActivityRow, NewDelivery, Record, Recorded, Targets},
    time::Timestamp,
};
use fanfare_engine::{
    configure::{
        Actor, Configure,
        application::ApplicationDraft,
        endpoint::{EndpointDraft, NewEndpoint},
    },
    context::Context,
};

use super::Failure;

const ENDPOINTS: usize = 20;
const BATCH: u64 = 500;
const DAY: u64 = 86_400_000_000;
const COMMON: [&str; 3] = ["invoice.paid", "user.created", "order.shipped"];
const RARE: &str = "account.closed";

/// What was made.
pub(super) struct World {
    environment: Environment,
    application: Application,
    endpoints: Vec<Endpoint>,
    profile: ProfileHash,
    versions: (u64, u64),
    owner: Incarnation,
    now: Timestamp,
    messages: u64,
}

/// Makes everything.
pub(super) async fn fill(context: &Arc<Context>, messages: u64) -> Result<World, Failure> {
    let world = World::prepare(context, messages).await?;
    for first in (0..messages).step_by(BATCH as usize) {
        let numbers = first..(first + BATCH).min(messages);
        let accepts: Vec<_> = numbers.clone().map(|number| world.accept(number)).collect();
        let count = accepts.len();
        assert_eq!(context.store().accept(accepts).await?, vec![Accepted::Stored; count]);
        let records = numbers.map(|number| world.record(number)).collect();
        assert_eq!(context.store().record(records).await?, vec![Recorded::Applied; count]);
    }
    context.store().keep_activity(world.activity()).await?;
    Ok(world)
}

impl World {
    async fn prepare(context: &Arc<Context>, messages: u64) -> Result<Self, Failure> {
        let configure = Configure::new(Arc::clone(context), Actor::cli());
        let environment = configure.create_environment("speed", &"standard".parse()?).await?;
        let draft = ApplicationDraft { name: "Acme".to_owned(), ..ApplicationDraft::default() };
        let application = configure.create_application(environment.id, draft).await?;
        let mut endpoints = Vec::new();
        for number in 0..ENDPOINTS {
            let url = format!("https://receiver.example/hooks/{number}").parse()?;
            let new = NewEndpoint::http(EndpointDraft::to(url));
            endpoints.push(configure.create_endpoint(&application, new).await?);
        }
        let store = context.store();
        let versions = (
            store.application_config(application.id).await?.ok_or("no application")?.version,
            store.environment_config(environment.id).await?.ok_or("no environment")?.version,
        );
        let now = context.now();
        let owner = store.start_incarnation("filling".to_owned(), Roles::ALL, LEASE, now).await?;
        let profile = context.profiles.named(&environment.profile).ok_or("no profile")?.hash;
        for profile in context.profiles.all() {
            store.keep_profile(profile.hash, profile.text.clone()).await?;
        }
        Ok(Self { environment, application, endpoints, profile, versions, owner, now, messages })
    }

    fn time(&self, number: u64) -> Timestamp {
        let back = (self.messages - number) * (DAY / self.messages);
        self.now - Duration::from_micros(back)
    }

    fn id(&self, number: u64) -> [u8; 20] {
        let mut bytes = first_id_at(self.time(number));
        bytes[12..].copy_from_slice(&number.to_be_bytes());
        bytes
    }

    fn key(&self, number: u64) -> DeliveryKey {
        let endpoint = &self.endpoints[(number % ENDPOINTS as u64) as usize];
        DeliveryKey {
            application: self.application.id,
            message: MessageId(self.id(number)),
            endpoint: endpoint.id,
        }
    }

    fn accept(&self, number: u64) -> Accept {
        let key = self.key(number);
        let event_type = if number % 50_000 == 7 { RARE } else { COMMON[(number % 3) as usize] };
        let message = Message {
            replace_key: None,
            supersedes: true,
            id: key.message,
            environment: self.environment.id,
            application: key.application,
            event_type: event_type.parse().expect("a valid name"),
            event_id: None,
            channels: std::collections::BTreeSet::new(),
            tags: std::collections::BTreeSet::new(),
            created_at: self.time(number),
            deliver_at: None,
            expires_at: None,
            ordering_key: None,
            only: None,
            profile: self.profile,
            payload_expires_day: self.now.day() + 90,
            payload: Payload::Json(Bytes::from(format!(
                "{{\"number\":{number},\"text\":\"{}\"}}",
                "x".repeat(560)
            ))),
        };
        let delivery = NewDelivery {
            endpoint: key.endpoint,
            state: DeliveryState::Pending,
            due: self.time(number),
            owner: Some(self.owner),
            ordering: None,
            profile: None,
        };
        Accept {
            message: Arc::new(message),
            application_version: self.versions.0,
            environment_version: self.versions.1,
            targets: Targets::Deliveries(vec![delivery]),
            idempotency: None,
            event_id_expires_at: self.now,
        }
    }

    fn record(&self, number: u64) -> Record {
        // By a number that has nothing in common with that of endpoints and types.
        let event = match number % 97 {
            0 | 1 => DeliveryEvent::Fail,
            2 => DeliveryEvent::Retry,
            _ => DeliveryEvent::Succeed,
        };
        let success = event == DeliveryEvent::Succeed;
        let at = self.time(number);
        let attempt = Attempt {
            id: AttemptId(self.id(number)),
            delivery: self.key(number),
            at,
            duration: Duration::from_millis(1 + number % 40),
            trigger: Trigger::Scheduled,
            method: Method::Post,
            url: "https://receiver.example/hooks".to_owned(),
            success,
            status: if success { 200 } else { 503 },
            failure: None,
            response: Some(Bytes::from_static(b"ok")),
            key_number: Some(1),
            profile: self.profile,
        };
        Record {
            key: self.key(number),
            environment: self.environment.id,
            owner: self.owner,
            attempt: Some(attempt),
            event,
            due: (event == DeliveryEvent::Retry).then(|| self.now + Duration::from_secs(3_600)),
            reason: None,
            failing_since: (!success && number >= self.messages / 2).then_some(Some(at)),
            disable: None,
            rest_until: None,
            at,
        }
    }

    /// A row for each minute of the day.
    fn activity(&self) -> Vec<ActivityRow> {
        let row = |back| {
            let mut activity = Activity { accepted: 694, succeeded: 673, failed: 21, ..Activity::default() };
            for number in 0..673 {
                activity.latencies.count(Duration::from_micros(900 + number * number));
            }
            let minute = Minute::of(self.now).before(back);
            ActivityRow { environment: self.environment.id, minute, incarnation: self.owner, activity }
        };
        (0..24 * 60).map(row).collect()
    }

    /// Every page that shows what is stored, also narrowed to what hardly or never happens.
    pub(super) fn paths(&self) -> Vec<String> {
        let environment = format!("/console/{}", self.environment.id);
        let application = format!("{environment}/apps/{}", self.application.id);
        let endpoint = format!("{application}/endpoints/{}", self.endpoints[0].id);
        let (newest, oldest) = (MessageId(self.id(self.messages - 1)), MessageId(self.id(0)));
        let middle = MessageId(self.id(self.messages / 2));
        let since = self.time(self.messages / 2).format("%Y-%m-%dT%H:%M");
        let of_environment =
            ["", "?last=day", "/apps", "/event-types", "/keys", "/profiles", "/profiles/standard", "/audit"];
        let of_application = [
            String::new(),
            "/endpoints/new".to_owned(),
            "/events".to_owned(),
            "/messages".to_owned(),
            format!("/messages?after={middle}"),
            format!("/messages?before={oldest}"),
            format!("/messages?event={}", COMMON[0]),
            format!("/messages?event={RARE}"),
            "/messages?event=nothing.ever".to_owned(),
            format!("/messages/{newest}"),
        ];
        let of_endpoint = [
            String::new(),
            "/log".to_owned(),
            format!("/log?after={middle}"),
            "/log?status=failed".to_owned(),
            "/log?status=waiting".to_owned(),
            format!("/log?event={RARE}"),
            "/log?event=nothing.ever".to_owned(),
            format!("/log?since={since}&until={since}"),
            "/edit".to_owned(),
            "/test".to_owned(),
            "/receiving".to_owned(),
        ];
        let server = ["/console/environments".to_owned(), "/console/health".to_owned()];
        let under =
            |base: String, rest: Vec<String>| rest.into_iter().map(move |rest| format!("{base}{rest}"));
        under(environment, of_environment.map(str::to_owned).into())
            .chain(under(application, of_application.into()))
            .chain(under(endpoint, of_endpoint.into()))
            .chain(server)
            .collect()
    }
}
