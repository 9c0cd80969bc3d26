//! Every route of the API, once. A trailing slash is optional on each.

/// All applications.
pub(crate) const APPLICATIONS: &str = "/api/v1/app";
/// An application.
pub(crate) const APPLICATION: &str = "/api/v1/app/{app_id}";

/// An application's endpoints.
pub(crate) const ENDPOINTS: &str = "/api/v1/app/{app_id}/endpoint";
/// An endpoint.
pub(crate) const ENDPOINT: &str = "/api/v1/app/{app_id}/endpoint/{endpoint_id}";
/// An endpoint's custom headers.
pub(crate) const ENDPOINT_HEADERS: &str = "/api/v1/app/{app_id}/endpoint/{endpoint_id}/headers";
/// Messages that went to an endpoint.
pub(crate) const ENDPOINT_MESSAGES: &str = "/api/v1/app/{app_id}/endpoint/{endpoint_id}/msg";
/// Pauses an endpoint.
pub(crate) const ENDPOINT_PAUSE: &str = "/api/v1/app/{app_id}/endpoint/{endpoint_id}/pause";
/// Sends an endpoint its profile's lifecycle event.
pub(crate) const ENDPOINT_PING: &str = "/api/v1/app/{app_id}/endpoint/{endpoint_id}/ping";
/// Sends again what failed or was missed.
pub(crate) const ENDPOINT_RECOVER: &str = "/api/v1/app/{app_id}/endpoint/{endpoint_id}/recover";
/// Resumes an endpoint.
pub(crate) const ENDPOINT_RESUME: &str = "/api/v1/app/{app_id}/endpoint/{endpoint_id}/resume";
/// An endpoint's signing secret.
pub(crate) const ENDPOINT_SECRET: &str = "/api/v1/app/{app_id}/endpoint/{endpoint_id}/secret";
/// Rotates an endpoint's signing secret.
pub(crate) const ENDPOINT_ROTATE: &str = "/api/v1/app/{app_id}/endpoint/{endpoint_id}/secret/rotate";
/// Sends an example of an event type to an endpoint.
pub(crate) const ENDPOINT_EXAMPLE: &str = "/api/v1/app/{app_id}/endpoint/{endpoint_id}/send-example";
/// How many deliveries of an endpoint stand where.
pub(crate) const ENDPOINT_STATS: &str = "/api/v1/app/{app_id}/endpoint/{endpoint_id}/stats";

/// An application's messages.
pub(crate) const MESSAGES: &str = "/api/v1/app/{app_id}/msg";
/// A message.
pub(crate) const MESSAGE: &str = "/api/v1/app/{app_id}/msg/{msg_id}";
/// A message's payload.
pub(crate) const MESSAGE_CONTENT: &str = "/api/v1/app/{app_id}/msg/{msg_id}/content";
/// The endpoints that a message went to.
pub(crate) const MESSAGE_ENDPOINTS: &str = "/api/v1/app/{app_id}/msg/{msg_id}/endpoint";
/// Sends a message to an endpoint again.
pub(crate) const MESSAGE_RESEND: &str = "/api/v1/app/{app_id}/msg/{msg_id}/endpoint/{endpoint_id}/resend";
/// Cancels the delivery of a message to an endpoint.
pub(crate) const MESSAGE_CANCEL: &str = "/api/v1/app/{app_id}/msg/{msg_id}/endpoint/{endpoint_id}/cancel";

/// Attempts to an endpoint.
pub(crate) const ENDPOINT_ATTEMPTS: &str = "/api/v1/app/{app_id}/attempt/endpoint/{endpoint_id}";
/// Attempts of a message.
pub(crate) const MESSAGE_ATTEMPTS: &str = "/api/v1/app/{app_id}/attempt/msg/{msg_id}";
/// An attempt.
pub(crate) const ATTEMPT: &str = "/api/v1/app/{app_id}/msg/{msg_id}/attempt/{attempt_id}";
/// An attempt's response.
pub(crate) const ATTEMPT_CONTENT: &str = "/api/v1/app/{app_id}/msg/{msg_id}/attempt/{attempt_id}/content";

/// The request that an attempt sent.
pub(crate) const ATTEMPT_REQUEST: &str = "/api/v1/app/{app_id}/msg/{msg_id}/attempt/{attempt_id}/request";

/// An application's deliveries.
pub(crate) const DELIVERIES: &str = "/api/v1/app/{app_id}/delivery";

/// What becomes of an application's deliveries, as it happens.
pub(crate) const DELIVERY_STREAM: &str = "/api/v1/app/{app_id}/delivery/stream";
/// The same of all applications.
pub(crate) const ENVIRONMENT_STREAM: &str = "/api/v1/delivery/stream";

/// An application's replays.
pub(crate) const REPLAYS: &str = "/api/v1/app/{app_id}/replay";
/// A replay.
pub(crate) const REPLAY: &str = "/api/v1/app/{app_id}/replay/{replay_id}";
/// Calls a replay off.
pub(crate) const REPLAY_CANCEL: &str = "/api/v1/app/{app_id}/replay/{replay_id}/cancel";

/// All event types.
pub(crate) const EVENT_TYPES: &str = "/api/v1/event-type";
/// An event type.
pub(crate) const EVENT_TYPE: &str = "/api/v1/event-type/{event_type_name}";

/// All profiles.
pub(crate) const PROFILES: &str = "/api/v1/profile";
/// A profile.
pub(crate) const PROFILE: &str = "/api/v1/profile/{profile_name}";
/// Renders a sample under a profile.
pub(crate) const PROFILE_RENDER: &str = "/api/v1/profile/{profile_name}/render";

/// A portal token for an application.
pub(crate) const PORTAL_ACCESS: &str = "/api/v1/auth/app-portal-access/{app_id}";
/// The same under its older name.
pub(crate) const DASHBOARD_ACCESS: &str = "/api/v1/auth/dashboard-access/{app_id}";
/// Ends a portal token.
pub(crate) const LOGOUT: &str = "/api/v1/auth/logout";
/// Ends all portal tokens of an application.
pub(crate) const EXPIRE_ALL: &str = "/api/v1/auth/app/{app_id}/expire-all";

/// How the portal of the environment looks.
pub(crate) const PORTAL_SETTINGS: &str = "/api/v1/environment/portal";

/// Whether the server answers.
pub(crate) const HEALTH: &str = "/api/v1/health";
/// The same under another name.
pub(crate) const HEALTH_PING: &str = "/api/v1/health/ping";
/// This API, described.
pub(crate) const OPENAPI: &str = "/api/v1/openapi.json";
