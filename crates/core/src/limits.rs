//! Every limit: a name, a unit, a place. The relations between them are asserted at compile time.

use std::time::Duration;

/// Largest body of an API request that posts a message, in bytes (6 MiB).
pub const MESSAGE_BODY_BYTES: usize = 6 * 1024 * 1024;
/// Largest body of any other API request, in bytes.
pub const API_BODY_BYTES: usize = 1024 * 1024;
/// What is still read of an API body over its limit, so that the client reads the answer, in bytes.
pub const API_DRAIN_BYTES: usize = 64 * 1024 * 1024;
/// Bytes of API bodies that arrive or are worked on at once, small ones left out; further ones wait.
pub const API_BODIES_BYTES: usize = 128 * 1024 * 1024;
/// API bodies up to this size are small: all connections together hold no more than their bound says.
pub const API_SMALL_BODY_BYTES: usize = 16 * 1024;
/// How long the body of an API request may take to arrive.
pub const API_BODY_TIME: Duration = Duration::from_secs(60);
/// Largest head (request line and headers) of an API request, in bytes.
pub const API_HEAD_BYTES: usize = 64 * 1024;
/// Connections to the API at once; further ones wait in the kernel's queue.
pub const API_CONNECTIONS: usize = 4_096;
/// How long a connection to the API may take to send a request's head, or lie idle between two.
pub const API_HEAD_WAIT: Duration = Duration::from_secs(75);
/// How long a connection that ends is still read, so that the client can read why.
pub const API_LINGER: Duration = Duration::from_secs(5);
/// How long a connection to the API may take no byte of an answer before it is closed.
pub const API_WRITE_WAIT: Duration = Duration::from_secs(30);
/// Longest URL of an endpoint, in bytes.
pub const URL_BYTES: usize = 4096;
/// Longest `uid`, event id, event type name, feature flag, in characters.
pub const NAME_CHARS: usize = 256;
/// Longest display name or description, in bytes.
pub const TEXT_BYTES: usize = 4096;
/// Longest channel name, in characters.
pub const CHANNEL_CHARS: usize = 128;
/// Channels on a message.
pub const MESSAGE_CHANNELS: usize = 5;
/// Channels on an endpoint.
pub const ENDPOINT_CHANNELS: usize = 10;
/// Event types that an endpoint can name.
pub const ENDPOINT_EVENT_TYPES: usize = 1000;
/// Tags on a message.
pub const MESSAGE_TAGS: usize = 10;
/// Metadata of an application or endpoint, serialised, in bytes.
pub const METADATA_BYTES: usize = 16 * 1024;
/// Aliases of an event type.
pub const EVENT_TYPE_ALIASES: usize = 20;
/// Longest description of one mistake in a payload, in bytes.
pub const PAYLOAD_MISTAKE_BYTES: usize = 512;
/// Steps back that a pattern of a schema may take on one text.
pub const PATTERN_STEPS: usize = 100_000;
/// Requests that an answer to a test key shows at most.
pub const PREVIEW_REQUESTS: usize = 100;
/// Bytes of bodies after which it shows no further one.
pub const PREVIEW_BYTES: usize = 16 * 1024 * 1024;
/// Mistakes of one payload that are told at most.
pub const PAYLOAD_MISTAKES: usize = 20;
/// JSON schemas of an event type, serialised, in bytes.
pub const SCHEMAS_BYTES: usize = 256 * 1024;
/// Custom headers of an endpoint.
pub const ENDPOINT_HEADERS: usize = 32;
/// Custom headers of an endpoint, names and values together, in bytes.
pub const ENDPOINT_HEADERS_BYTES: usize = 8 * 1024;
/// Longest filter of an endpoint, in bytes.
pub const FILTER_BYTES: usize = 2048;
/// How deep the expressions of a filter may be nested.
pub const FILTER_DEPTH: usize = 64;
/// Operations of a filter times bytes of the payload it looks at; beyond, it is not evaluated.
pub const FILTER_WORK: usize = 128 * 1024 * 1024;
/// Longest credential of an endpoint's authentication (a password, a token, a header's value), in bytes.
pub const CREDENTIAL_BYTES: usize = 4096;
/// Longest name of an authentication header, OAuth2 scope or audience, in bytes.
pub const AUTH_TEXT_BYTES: usize = 1024;
/// Text of a profile, in bytes.
pub const PROFILE_BYTES: usize = 1024 * 1024;
/// Files of profiles in one directory.
pub const PROFILE_FILES: usize = 1000;
/// Longest ordering key or idempotency key, in bytes.
pub const KEY_BYTES: usize = 256;
/// Endpoints of one application.
pub const APPLICATION_ENDPOINTS: usize = 100_000;
/// Keys of an endpoint that may be in use at once during rotation.
pub const ENDPOINT_KEYS: usize = 8;
/// Sites that may show the portal of an environment in a frame.
pub const PORTAL_ORIGINS: usize = 20;
/// Longest name that a portal has at the top, in characters.
pub const PORTAL_NAME_CHARS: usize = 60;
/// Feature flags of a portal token.
pub const PORTAL_FLAGS: usize = 100;
/// Names that one query parameter can list.
pub const QUERY_NAMES: usize = 1000;
/// Items on a page unless asked otherwise.
pub const PAGE_DEFAULT: usize = 50;
/// Items on a page at most.
pub const PAGE_MOST: usize = 250;
/// Payload bytes after which a page ends though it could have more items.
pub const PAGE_BYTES: usize = 16 * 1024 * 1024;

/// Targets up to which a message's deliveries are written with it; beyond, a fan-out cursor.
pub const FANOUT_INLINE: usize = 256;
/// Slices of dear filters ([`FILTER_WORK`] each) that are evaluated before a message is acknowledged.
pub const MATCH_SLICES: usize = 8;
/// Deliveries per slice of a fan-out.
pub const FANOUT_SLICE: usize = 1_000;
/// Items that one store transaction takes at most.
pub const BATCH_ITEMS: usize = 512;
/// Payload bytes that one store transaction takes at most, beyond its first item.
pub const BATCH_BYTES: usize = 16 * 1024 * 1024;
/// Accepts that wait for the store at most; beyond, 503.
pub const ACCEPT_QUEUE: usize = 8_192;
/// Payload bytes of accepts that wait for the store at most; beyond, 503.
pub const ACCEPT_QUEUE_BYTES: usize = 128 * 1024 * 1024;
/// Outcomes that wait for the store at most; beyond, no new attempt starts.
pub const OUTCOME_QUEUE: usize = 8_192;

/// Requests in flight on a node.
pub const IN_FLIGHT: usize = 2_048;
/// Deliveries that wait in the memory of a node.
pub const QUEUED_DELIVERIES: usize = 16_384;
/// Payload bytes that wait or are in flight in the memory of a node.
pub const QUEUED_BYTES: usize = 64 * 1024 * 1024;
/// Deliveries of one lane that wait in memory.
pub const LANE_QUEUED: usize = 512;
/// Share of the in-flight and memory bounds kept for lanes whose last attempt succeeded: one in this many.
pub const RESERVE_ONE_IN: usize = 4;
/// One slot in this many goes to a due retry when one waits.
pub const RETRY_ONE_IN: usize = 8;
/// Concurrency of a lane at the start.
pub const LANE_CONCURRENCY_START: u32 = 8;
/// Concurrency of a lane at most.
pub const LANE_CONCURRENCY_MOST: u32 = 128;
/// Deliveries claimed for one lane at once.
pub const CLAIM_PER_LANE: usize = 64;
/// Lanes looked at in one claim.
pub const CLAIM_LANES: usize = 256;
/// Payload bytes after which one claim takes no further delivery.
pub const CLAIM_BYTES: usize = 8 * 1024 * 1024;
/// Consecutive failures that open the breaker.
pub const BREAKER_FAILURES: u32 = 20;
/// Different deliveries that these failures must come from.
pub const BREAKER_DELIVERIES: usize = 10;

/// Response bytes read at most.
pub const RESPONSE_READ_BYTES: usize = 64 * 1024;
/// Response bytes stored at most.
pub const RESPONSE_STORED_BYTES: usize = 16 * 1024;
/// Response head read at most, in bytes.
pub const RESPONSE_HEAD_BYTES: usize = 32 * 1024;
/// Total time of an attempt unless profile or endpoint say otherwise.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
/// Longest timeout that may be asked for.
pub const ATTEMPT_TIMEOUT_MOST: Duration = Duration::from_secs(60);
/// Time that one call for an access token may take; never more than the timeout of the attempt that needs it.
pub const TOKEN_TIME: Duration = Duration::from_secs(10);
/// Largest answer of an authorization server, in bytes.
pub const TOKEN_ANSWER_BYTES: usize = 32 * 1024;
/// Longest access token, in bytes.
pub const TOKEN_BYTES: usize = 16 * 1024;
/// Access tokens kept in memory; beyond, the one that was used longest ago is dropped.
pub const TOKENS_KEPT: usize = 4_096;
/// How long before it expires an access token is no longer used.
pub const TOKEN_SKEW: Duration = Duration::from_secs(30);
/// How long an access token is kept whose server does not say when it expires.
pub const TOKEN_KEPT: Duration = Duration::from_secs(300);
/// How long an access token is kept at most, whatever its server says.
pub const TOKEN_KEPT_MOST: Duration = Duration::from_secs(24 * 3600);
/// Longest wait that a `Retry-After` can ask for.
pub const RETRY_AFTER_MOST: Duration = Duration::from_secs(24 * 3600);
/// Retries that a schedule can have.
pub const RETRIES_MOST: usize = 50;
/// All waits of a profile's retry schedule together: no longer than messages are kept.
pub const RETRIES_TIME: Duration = Duration::from_secs(RETENTION_DAYS as u64 * 86_400);
/// Furthest time ahead that a message can be delayed.
pub const DELAY_MOST: Duration = Duration::from_secs(30 * 86_400);
/// How long the message that is in force for a replace key is remembered.
pub const REPLACE_KEY: Duration = Duration::from_secs(90 * 86_400);

/// Requests that the built-in inbox keeps for one endpoint.
pub const INBOX_REQUESTS: usize = 100;
/// Bytes that the built-in inbox keeps, over all endpoints.
pub const INBOX_BYTES: usize = 32 * 1024 * 1024;

/// Inboxes with an address of their own that an application may have.
pub const INBOXES: usize = 3;
/// Requests that such an inbox keeps; the oldest ones make room.
pub const INBOX_ARRIVALS: usize = 50;
/// Endpoints with the URL of an inbox that a request there is checked for; the first ones.
pub const INBOX_CHECKS: usize = 8;
/// What it keeps of a body, in bytes.
pub const INBOX_BODY_BYTES: usize = 128 * 1024;
/// What it keeps of the headers, in bytes: the first ones that fit.
pub const INBOX_HEADER_BYTES: usize = 16 * 1024;
/// Largest body that it takes over the network, in bytes.
pub const INBOX_READ_BYTES: usize = 1024 * 1024;
/// How long such a body may take to arrive.
pub const INBOX_READ_TIME: Duration = Duration::from_secs(15);
/// Bodies that arrive over the network at once, for all inboxes; further requests are answered with 503.
pub const INBOX_READS: usize = 64;
/// Requests that one inbox takes in a second; further ones are answered with 429.
pub const INBOX_RATE: u32 = 20;
/// Inboxes whose requests are counted at once.
pub const INBOX_RATES: usize = 10_000;
/// How long an inbox lives unless its life is prolonged.
pub const INBOX_LIFE: Duration = Duration::from_secs(7 * 86_400);

/// Largest head of a request that `fanfare listen` and `fanfare verify` read, in bytes.
pub const RECEIVED_HEAD_BYTES: usize = 64 * 1024;
/// Largest body of such a request, in bytes (16 MiB).
pub const RECEIVED_BODY_BYTES: usize = 16 * 1024 * 1024;
/// What `fanfare listen` shows of a body as text, in bytes.
pub const SHOWN_BODY_BYTES: usize = 64 * 1024;
/// Requests that wait to be shown by `fanfare listen`; further ones wait for their answer.
pub const SHOWN_QUEUE: usize = 256;

/// Days that messages and attempts are kept.
pub const RETENTION_DAYS: u32 = 90;
/// How far back a recovery may reach (`since`).
pub const RECOVER_MOST: Duration = Duration::from_secs(14 * 86_400);
/// Open replay jobs, recoveries included, that one application can have.
pub const REPLAYS_OPEN: usize = 100;
/// Replay jobs, of all applications, that go on at the same time; further ones wait.
pub const REPLAYS_AT_ONCE: usize = 256;
/// Deliveries that are due at an endpoint before its replays wait: new events are held up behind no more old ones
/// than this and one step's.
pub const REPLAY_BACKLOG: usize = 250;
/// Endpoints that a replay can name.
pub const REPLAY_ENDPOINTS: usize = 100;
/// Deliveries a second that a replay sends unless asked otherwise.
pub const REPLAY_RATE: u32 = 100;
/// Deliveries a second that a replay can be asked to send.
pub const REPLAY_RATE_MOST: u32 = 10_000;
/// Deliveries that one step of a replay looks at.
pub const REPLAY_SCAN: usize = 5_000;
/// Streams of updates that are open at once, on one node.
pub const STREAMS: usize = 256;
/// Of these, those of one application; and as many of one environment as a whole.
pub const STREAMS_PER_SUBJECT: usize = 16;
/// Updates that wait for one slow reader of a stream.
pub const STREAM_BUFFER: usize = 256;
/// Updates that a node remembers, so that a stream can go on where it was cut off.
pub const STREAM_RECENT: usize = 8_192;
/// How long updates are remembered after the last stream has ended.
pub const STREAM_LINGER: Duration = Duration::from_secs(60);
/// How often a stream says something where there is nothing to say.
pub const STREAM_HEARTBEAT: Duration = Duration::from_secs(15);
/// How often it is looked whether a stream is still allowed: a revoked key or an ended session ends its streams
/// within this time.
pub const STREAM_LOOK: Duration = Duration::from_secs(1);
/// How long who reads a stream waits before connecting again.
pub const STREAM_RETRY: Duration = Duration::from_secs(2);
/// How long an `idempotency-key` that an SDK made (`auto_…`) is kept.
pub const IDEMPOTENCY_AUTO: Duration = Duration::from_secs(600);
/// How long any other `idempotency-key` is kept.
pub const IDEMPOTENCY: Duration = Duration::from_secs(12 * 3600);
/// Sources of each kind that a server can be given.
pub const SOURCES: usize = 16;
/// Events that a source hands over at once; they are accepted in one transaction.
pub const SOURCE_BATCH: usize = BATCH_ITEMS;
/// Payload bytes after which it hands over no further one.
pub const SOURCE_BATCH_BYTES: usize = 8 * 1024 * 1024;
/// How long the key of an event from a source is kept: as long after a crash it can come again and is known.
pub const SOURCE_KEY: Duration = Duration::from_secs(30 * 86_400);
/// How often an idle source is asked for events.
pub const SOURCE_POLL: Duration = Duration::from_millis(100);
/// How long one statement or request to a source may take.
pub const SOURCE_WAIT: Duration = Duration::from_secs(30);
/// First wait before something that failed at a source is tried again; it doubles each time.
pub const SOURCE_BACKOFF: Duration = Duration::from_millis(100);
/// Longest such wait.
pub const SOURCE_BACKOFF_MOST: Duration = Duration::from_secs(5);
/// How long a broker waits for an acknowledgement before it delivers a message again.
pub const SOURCE_ACK_WAIT: Duration = Duration::from_secs(30);
/// Longest name of a source, in bytes.
pub const SOURCE_NAME_BYTES: usize = 64;
/// Longest reason that is kept with a dead letter, in bytes.
pub const DEAD_REASON_BYTES: usize = 1024;
/// How long a replaced secret goes on signing unless asked otherwise.
pub const ROTATION_OVERLAP: Duration = Duration::from_secs(24 * 3600);
/// Longest overlap of a rotation.
pub const ROTATION_OVERLAP_MOST: Duration = Duration::from_secs(7 * 86_400);
/// How long a portal token lives.
pub const PORTAL_TOKEN: Duration = Duration::from_secs(7 * 86_400);
/// How long the one-time link in the answer of `app-portal-access` can be followed.
pub const PORTAL_LINK: Duration = Duration::from_secs(15 * 60);
/// How long a browser remembers whose portal it showed in a frame, to say there that a session has ended.
pub const PORTAL_FRAME: Duration = Duration::from_secs(30 * 86_400);
/// How long the one-time link that a server prints at its start can be followed.
pub const OPERATOR_LINK: Duration = Duration::from_secs(3600);
/// How long a session in the console lasts.
pub const OPERATOR_SESSION: Duration = Duration::from_secs(12 * 3600);
/// Failed logins and links that one address may have in [`LOGIN_WINDOW`].
pub const LOGIN_FAILURES: u32 = 10;
/// The time over which failed logins are counted.
pub const LOGIN_WINDOW: Duration = Duration::from_secs(60);
/// Addresses whose failed logins are counted at once.
pub const LOGIN_ADDRESSES: usize = 10_000;
/// Rows that a narrowed list of the web pages looks at for one page; a link leads on.
pub const LIST_LOOK: usize = 3_000;
/// Notes of the web pages that wait to be shown once, such as new keys; beyond, the oldest is dropped.
pub const NOTES: usize = 1_000;
/// Those of one session; beyond, its own oldest is dropped.
pub const NOTES_PER_SESSION: usize = 20;
/// How long such a note waits for its page.
pub const NOTE_TIME: Duration = Duration::from_secs(120);
/// Largest form that the web pages take, in bytes.
pub const FORM_BYTES: usize = 256 * 1024;
/// How long a node owns deliveries without renewing its lease.
pub const LEASE: Duration = Duration::from_secs(30);
/// How long the store remembers an incarnation that is dead, for those who look into what happened.
pub const DEAD_KEPT: Duration = Duration::from_secs(7 * 86_400);
/// Lanes that rest because of what other nodes found out; those that rest longest beyond that are not known.
pub const RESTING_LANES: usize = 10_000;
/// How long what happened in an environment is kept, minute by minute.
pub const ACTIVITY_KEPT: Duration = Duration::from_secs(48 * 3600);
/// Minutes of environments that wait in a node's memory to be written; beyond, the oldest is dropped.
pub const ACTIVITY_ROWS: usize = 10_000;
/// Rows that one slice of background work (retention, erasing, recovery) touches.
pub const SLICE_ROWS: usize = 500;

const _: () = {
    assert!(RESPONSE_STORED_BYTES <= RESPONSE_READ_BYTES);
    assert!(PAGE_DEFAULT <= PAGE_MOST);
    assert!(MESSAGE_BODY_BYTES * 8 <= FILTER_WORK);
    assert!(FANOUT_INLINE <= FANOUT_SLICE);
    assert!(LANE_QUEUED * 4 <= QUEUED_DELIVERIES);
    assert!(CLAIM_PER_LANE <= LANE_QUEUED);
    assert!(CLAIM_BYTES + MESSAGE_BODY_BYTES < QUEUED_BYTES / RESERVE_ONE_IN);
    assert!(LANE_CONCURRENCY_START <= LANE_CONCURRENCY_MOST);
    assert!((LANE_CONCURRENCY_MOST as usize) * 4 <= IN_FLIGHT);
    assert!(IN_FLIGHT <= OUTCOME_QUEUE);
    assert!(BREAKER_DELIVERIES <= BREAKER_FAILURES as usize);
    assert!(ATTEMPT_TIMEOUT.as_secs() <= ATTEMPT_TIMEOUT_MOST.as_secs());
    assert!(TOKEN_TIME.as_secs() <= ATTEMPT_TIMEOUT.as_secs());
    assert!(TOKEN_BYTES < TOKEN_ANSWER_BYTES && TOKEN_ANSWER_BYTES < RESPONSE_READ_BYTES);
    assert!(TOKENS_KEPT * TOKEN_BYTES <= QUEUED_BYTES);
    assert!(TOKEN_SKEW.as_secs() < TOKEN_KEPT.as_secs() && TOKEN_KEPT.as_secs() <= TOKEN_KEPT_MOST.as_secs());
    assert!(MESSAGE_BODY_BYTES < QUEUED_BYTES / RESERVE_ONE_IN);
    assert!(MESSAGE_BODY_BYTES < BATCH_BYTES);
    assert!(MESSAGE_BODY_BYTES < API_DRAIN_BYTES);
    assert!(MESSAGE_BODY_BYTES < API_BODIES_BYTES && API_BODY_BYTES < API_BODIES_BYTES);
    assert!(API_SMALL_BODY_BYTES * API_CONNECTIONS <= API_BODIES_BYTES);
    assert!(MESSAGE_BODY_BYTES < INBOX_BYTES);
    assert!(INBOX_BODY_BYTES <= INBOX_READ_BYTES && INBOX_READ_BYTES * INBOX_READS <= API_BODIES_BYTES);
    assert!(MESSAGE_BODY_BYTES * 2 < RECEIVED_BODY_BYTES && SHOWN_BODY_BYTES < RECEIVED_BODY_BYTES);
    assert!(STREAMS_PER_SUBJECT <= STREAMS && STREAMS * 4 <= API_CONNECTIONS);
    assert!(STREAM_LOOK.as_secs() < STREAM_HEARTBEAT.as_secs());
    assert!(STREAM_RETRY.as_secs() < STREAM_LINGER.as_secs());
    assert!(STREAM_BUFFER * STREAMS <= 1 << 16 && STREAM_BUFFER <= STREAM_RECENT);
    assert!(PAGE_MOST <= REPLAY_SCAN && REPLAY_RATE <= REPLAY_RATE_MOST);
    assert!(IDEMPOTENCY_AUTO.as_secs() < IDEMPOTENCY.as_secs());
    assert!(SOURCE_BATCH <= BATCH_ITEMS && SOURCE_BATCH_BYTES + MESSAGE_BODY_BYTES <= BATCH_BYTES);
    assert!(SOURCE_BATCH_BYTES + MESSAGE_BODY_BYTES <= ACCEPT_QUEUE_BYTES / 4);
    assert!(SOURCE_BACKOFF_MOST.as_secs() * 2 < SOURCE_ACK_WAIT.as_secs());
    // What could bring back an older message must find that it is superseded.
    assert!(DELAY_MOST.as_secs() < REPLACE_KEY.as_secs() && RECOVER_MOST.as_secs() < REPLACE_KEY.as_secs());
};
