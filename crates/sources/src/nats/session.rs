//! A connection with its stream and consumer, made or checked.

use std::time::Duration;

use async_nats::{
    ConnectOptions, Event,
    jetstream::{
        self, Context,
        consumer::{AckPolicy, PullConsumer, pull},
        stream::Stream,
    },
};
use fanfare_core::{limits::SOURCE_BATCH, ports::Monotonic};

use super::settings::{Login, NatsAccess, NatsSettings};
use crate::source::SourceError;

/// Milliseconds that a server may take to take a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// A connection with its stream and consumer.
pub(super) struct Session {
    pub(super) context: Context,
    pub(super) consumer: PullConsumer,
    pub(super) dead_letters: String,
    pub(super) stream: String,
    /// When the stream was made: another one of the same name counts from 1 again.
    pub(super) life: String,
    pub(super) ack_wait: Duration,
    pub(super) max_payload: usize,
    /// Until when what was under way before this session may come again.
    pub(super) quiet_until: Option<Monotonic>,
}

impl Session {
    pub(super) async fn open(settings: &NatsSettings, now: Monotonic) -> Result<Self, SourceError> {
        let client = connect(&settings.access).await?;
        let max_payload = client.server_info().max_payload;
        let context = jetstream::new(client);
        let stream = context.get_stream(&settings.stream).await;
        let stream = stream.map_err(|error| SourceError(format!("stream {}: {error}", settings.stream)))?;
        check_dead_letters(&context, settings).await?;
        let consumer = consumer(&stream, settings).await?;
        let info = consumer.cached_info();
        let ack_wait = info.config.ack_wait;
        Ok(Self {
            quiet_until: (info.num_ack_pending > 0).then(|| now + ack_wait),
            life: stream.cached_info().created.unix_timestamp_nanos().to_string(),
            dead_letters: settings.dead_letters.clone(),
            stream: settings.stream.clone(),
            ack_wait,
            max_payload,
            consumer,
            context,
        })
    }
}

async fn connect(access: &NatsAccess) -> Result<async_nats::Client, SourceError> {
    let mut options = ConnectOptions::new()
        .name("fanfare")
        .connection_timeout(CONNECT)
        .event_callback(|event| async move { note(&event) });
    options = match &access.login {
        None => options,
        Some(Login::Token(token)) => options.token(token.reveal().to_owned()),
        Some(Login::Password(user, password)) => {
            options.user_and_password(user.clone(), password.reveal().to_owned())
        }
    };
    if let Some(file) = &access.credentials_file {
        let read = options.credentials_file(file).await;
        options = read.map_err(|error| {
            SourceError(format!("cannot read the credentials file {}: {error}", file.display()))
        })?;
    }
    if let Some(file) = &access.ca_file {
        options = options.add_root_certificates(file.clone());
    }
    let connected = options.connect(access.servers.clone()).await;
    connected.map_err(|error| SourceError(format!("cannot reach NATS: {error}")))
}

/// The client connects again by itself; what that means for the source is said elsewhere.
fn note(event: &Event) {
    tracing::debug!(%event, "NATS connection");
}

/// Dead letters must be kept, and must not come back as events.
async fn check_dead_letters(context: &Context, settings: &NatsSettings) -> Result<(), SourceError> {
    let subject = &settings.dead_letters;
    match context.stream_by_subject(subject).await {
        Ok(stream) if stream == settings.stream => Err(SourceError(format!(
            "stream {stream} keeps the subject of its own dead letters, {subject}: let another stream keep it"
        ))),
        Ok(_) => Ok(()),
        Err(error) => Err(SourceError(format!(
            "no stream keeps the subject of the dead letters, {subject}: make one that does ({error})"
        ))),
    }
}

async fn consumer(stream: &Stream, settings: &NatsSettings) -> Result<PullConsumer, SourceError> {
    let name = &settings.consumer;
    let wanted = pull::Config {
        durable_name: Some(name.clone()),
        description: Some("Fanfare takes events from here".to_owned()),
        ack_policy: AckPolicy::Explicit,
        ack_wait: settings.ack_wait,
        max_deliver: -1,
        max_ack_pending: SOURCE_BATCH as i64,
        filter_subject: settings.subject.clone().unwrap_or_default(),
        ..pull::Config::default()
    };
    let consumer = stream.get_or_create_consumer(name, wanted).await;
    let consumer: PullConsumer =
        consumer.map_err(|error| SourceError(format!("consumer {name} of {}: {error}", settings.stream)))?;
    let found = &consumer.cached_info().config;
    let fits = found.ack_policy == AckPolicy::Explicit
        && found.max_deliver <= 0
        && found.filter_subject == settings.subject.as_deref().unwrap_or_default();
    if !fits {
        return Err(SourceError(format!(
            "consumer {name} of {} is there with other settings: it must acknowledge each message, deliver without \
             limit and have the subject of the configuration; remove it, or name another",
            settings.stream
        )));
    }
    Ok(consumer)
}
