//! The database's URL: what stands in it, checked before anything is tried.

use std::{collections::HashSet, error::Error as _, fmt, path::PathBuf, str::FromStr, time::Duration};

use futures::future::BoxFuture;
use percent_encoding::percent_decode_str;
use tokio_postgres::{
    Client,
    config::{Config, Host, SslMode, TargetSessionAttrs},
};

use super::{
    fault::said,
    tls::{Trust, connector},
};

/// How long a connection may be silent before the system looks whether the other end is there.
const KEEPALIVE: Duration = Duration::from_secs(10);
/// How long sent bytes may stay unconfirmed before a connection is given up.
const UNCONFIRMED: Duration = Duration::from_secs(30);

/// Where a PostgreSQL database is and how to get in: `postgres://user:password@host:port/database?…`. Printed
/// without its password.
#[derive(Clone)]
pub struct DatabaseUrl {
    pub(super) config: Config,
    pub(super) trust: Trust,
    /// Whether a PgBouncer in transaction mode stands in between.
    pub(super) pgbouncer: bool,
}

/// Why a text is no database URL. The text itself is not shown: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the database URL is not valid: {0}; write postgres://USER:PASSWORD@HOST:PORT/DATABASE")]
pub struct InvalidUrl(String);

impl FromStr for DatabaseUrl {
    type Err = InvalidUrl;

    fn from_str(text: &str) -> Result<Self, InvalidUrl> {
        if !["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)) {
            return Err(InvalidUrl("it does not begin with postgres://".to_owned()));
        }
        let (place, query) = text.split_once('?').unwrap_or((text, ""));
        let mut settings = Settings::default();
        let rest: Vec<&str> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| settings.take(pair))
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .flatten()
            .collect();
        let url = if rest.is_empty() { place.to_owned() } else { format!("{place}?{}", rest.join("&")) };
        let mut config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            InvalidUrl(error.source().map_or_else(|| error.to_string(), ToString::to_string))
        })?;
        if config.get_hosts().is_empty() {
            return Err(InvalidUrl("it names no host".to_owned()));
        }
        if config.get_user().is_none() {
            return Err(InvalidUrl("it names no user".to_owned()));
        }
        settings.fill(&mut config)?;
        Ok(Self { config, trust: settings.trust()?, pgbouncer: settings.pgbouncer })
    }
}

impl DatabaseUrl {
    /// Whether the URL says that a PgBouncer in transaction mode stands in between.
    pub fn pgbouncer(&self) -> bool {
        self.pgbouncer
    }

    /// One connection of its own, for what is no store: the client and what must be polled for it to work, or
    /// why there is none, without the password.
    pub async fn connect(&self) -> Result<(Client, BoxFuture<'static, ()>), String> {
        let failed = |reason: &dyn fmt::Display| format!("{self}: {reason}");
        let tls = connector(&self.trust).map_err(|reason| failed(&reason))?;
        let (client, connection) = self.config.connect(tls).await.map_err(|error| failed(&said(&error)))?;
        // A connection that broke fails what its client asks for: nothing else needs to hear of it.
        Ok((client, Box::pin(async { drop(connection.await) })))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgres://{}@", self.config.get_user().unwrap_or_default())?;
        let ports = self.config.get_ports();
        for (place, host) in self.config.get_hosts().iter().enumerate() {
            let port = ports.get(place).or(ports.first()).copied().unwrap_or(5432);
            let comma = if place == 0 { "" } else { "," };
            match host {
                Host::Tcp(name) => write!(f, "{comma}{name}:{port}")?,
                Host::Unix(path) => write!(f, "{comma}[{}]:{port}", path.display())?,
            }
        }
        write!(f, "/{}", self.config.get_dbname().or(self.config.get_user()).unwrap_or_default())
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What the URL's query says that the driver does not know, or not so.
#[derive(Default)]
struct Settings {
    given: HashSet<String>,
    sslmode: Option<String>,
    sslrootcert: Option<PathBuf>,
    pgbouncer: bool,
}

impl Settings {
    /// Takes one pair of the query; gives it back where it is the driver's.
    fn take<'q>(&mut self, pair: &'q str) -> Result<Option<&'q str>, InvalidUrl> {
        let (name, value) =
            pair.split_once('=').ok_or_else(|| InvalidUrl("a setting has no value".to_owned()))?;
        if !self.given.insert(name.to_owned()) {
            return Err(InvalidUrl(format!("`{name}` stands in it twice")));
        }
        let value = percent_decode_str(value)
            .decode_utf8()
            .map_err(|_| InvalidUrl(format!("`{name}` is not UTF-8")))?;
        match name {
            "sslmode" => self.sslmode = Some(value.into_owned()),
            "sslrootcert" => self.sslrootcert = Some(PathBuf::from(value.as_ref())),
            "pgbouncer" => match value.as_ref() {
                "true" => self.pgbouncer = true,
                "false" => {}
                _ => return Err(InvalidUrl("`pgbouncer` must be true or false".to_owned())),
            },
            _ => return Ok(Some(pair)),
        }
        Ok(None)
    }

    fn fill(&self, config: &mut Config) -> Result<(), InvalidUrl> {
        config.ssl_mode(match self.sslmode.as_deref() {
            None | Some("prefer") => SslMode::Prefer,
            Some("disable") => SslMode::Disable,
            Some("require" | "verify-ca" | "verify-full") => SslMode::Require,
            Some(_) => {
                let known = "disable, prefer, require, verify-ca or verify-full";
                return Err(InvalidUrl(format!("`sslmode` must be {known}")));
            }
        });
        let given = |name| self.given.contains(name);
        if !given("application_name") {
            config.application_name("fanfare");
        }
        if !given("keepalives_idle") {
            config.keepalives_idle(KEEPALIVE);
        }
        if !given("keepalives_interval") {
            config.keepalives_interval(KEEPALIVE);
        }
        if !given("tcp_user_timeout") {
            config.tcp_user_timeout(UNCONFIRMED);
        }
        if !given("target_session_attrs") {
            // After a failover, the host that takes writes.
            config.target_session_attrs(TargetSessionAttrs::ReadWrite);
        }
        Ok(())
    }

    /// As libpq has it: `require` checks nothing unless there is a root certificate to check against.
    fn trust(&self) -> Result<Trust, InvalidUrl> {
        let roots = self.sslrootcert.clone();
        match (self.sslmode.as_deref(), &roots) {
            (Some("verify-full"), _) => Ok(Trust::NameAndAuthority(roots)),
            (Some("verify-ca"), _) | (Some("require"), Some(_)) => Ok(Trust::Authority(roots)),
            (None | Some("prefer" | "disable"), Some(_)) => {
                Err(InvalidUrl("`sslrootcert` needs `sslmode` verify-full, verify-ca or require".to_owned()))
            }
            _ => Ok(Trust::Anybody),
        }
    }
}

#[cfg(test)]
mod tests;
