//! What the transport can be told. The binary reads flags and files; this crate only takes the result.

use std::time::Duration;

use ipnet::IpNet;

/// Settings of an [`HttpTransport`](crate::HttpTransport).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundConfig {
    /// Networks that deliveries may reach although they are private or special (`--allow-network`).
    pub allow_networks: Vec<IpNet>,
    /// Certificates, in PEM, that are trusted as roots beside the public ones.
    pub extra_roots_pem: Option<String>,
    /// Idle connections kept, over all applications.
    pub idle_connections: usize,
    /// Idle connections kept for one application and origin.
    pub idle_connections_per_origin: usize,
    /// How long a connection may lie idle before it is closed.
    pub idle_timeout: Duration,
    /// How long one address of a host may take before the next is tried beside it (RFC 8305 §5).
    pub connect_stagger: Duration,
}

impl Default for OutboundConfig {
    fn default() -> Self {
        Self {
            allow_networks: Vec::new(),
            extra_roots_pem: None,
            idle_connections: 512,
            idle_connections_per_origin: 128,
            idle_timeout: Duration::from_secs(30),
            connect_stagger: Duration::from_millis(250),
        }
    }
}

/// Why a transport could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The extra roots are not certificates.
    #[error("the extra root certificates cannot be used: {0}")]
    Roots(String),
    /// TLS could not be set up.
    #[error("TLS cannot be set up: {0}")]
    Tls(#[from] rustls::Error),
    /// The resolver could not be set up.
    #[error("the resolver cannot be set up: {0}")]
    Resolver(String),
}
