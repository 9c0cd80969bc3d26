//! Names to addresses. A port of its own, so that tests can script what a hostile name server would answer.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::Duration,
};

use async_trait::async_trait;
use hickory_resolver::{
    Hosts, Resolver, ResolverBuilder, TokioResolver,
    config::{NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts},
    net::{NetError, runtime::TokioRuntimeProvider},
    proto::{
        op::Query,
        rr::{Name, RecordType},
    },
};

use crate::config::SetupError;

/// Finds the addresses of a name.
#[async_trait]
pub trait Resolve: Send + Sync {
    /// All addresses of `host`, in the order they are to be tried.
    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, ResolveError>;
}

/// Why a name has no addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResolveError {
    /// The name servers say so.
    #[error("the name does not exist or has no address")]
    NotFound,
    /// The name servers did not say.
    #[error("{0}")]
    Failed(String),
}

/// The system's hosts file first, as it was at the start, then the system's name servers.
pub struct SystemResolver {
    hosts: Hosts,
    dns: TokioResolver,
}

type Builder = ResolverBuilder<TokioRuntimeProvider>;

impl SystemResolver {
    /// Reads the system's configuration.
    pub fn new() -> Result<Self, SetupError> {
        let builder = TokioResolver::builder_tokio().unwrap_or_else(|error| local_name_server(&error));
        Self::build(builder, Hosts::from_system().unwrap_or_default())
    }

    fn build(mut builder: Builder, hosts: Hosts) -> Result<Self, SetupError> {
        tune(builder.options_mut());
        let dns = builder.build().map_err(|error| SetupError::Resolver(error.to_string()))?;
        Ok(Self { hosts, dns })
    }

    /// hickory would ask DNS for the family that the hosts file lacks; a name that stands there is answered
    /// from there alone, as `hosts: files dns` has it.
    fn in_hosts_file(&self, host: &str) -> Vec<IpAddr> {
        let Ok(name) = Name::from_utf8(host) else { return Vec::new() };
        [RecordType::A, RecordType::AAAA]
            .into_iter()
            .filter_map(|family| self.hosts.lookup_static_host(&Query::query(name.clone(), family)))
            .flat_map(|lookup| {
                lookup.answers().iter().filter_map(|record| record.data.ip_addr()).collect::<Vec<_>>()
            })
            .collect()
    }
}

/// Without a name server in `/etc/resolv.conf` the one of this machine is asked: resolv.conf(5). A machine
/// that delivers to literal addresses only needs none, so this is no reason not to start.
fn local_name_server(error: &NetError) -> Builder {
    tracing::warn!(%error, "no system name server is configured, asking the one on 127.0.0.1");
    let servers = vec![NameServerConfig::udp_and_tcp(Ipv4Addr::LOCALHOST.into())];
    let config = ResolverConfig::from_parts(None, Vec::new(), servers);
    Resolver::builder_with_config(config, TokioRuntimeProvider::default())
}

/// Endpoints move and are set up minutes before their first message: stale answers must not live long.
fn tune(options: &mut ResolverOpts) {
    options.use_hosts_file = ResolveHosts::Never;
    options.max_active_requests = 512;
    options.positive_max_ttl = Some(Duration::from_secs(300));
    options.negative_max_ttl = Some(Duration::from_secs(30));
}

#[async_trait]
impl Resolve for SystemResolver {
    async fn resolve(&self, host: &str) -> Result<Vec<IpAddr>, ResolveError> {
        let known = self.in_hosts_file(host);
        if !known.is_empty() {
            return Ok(known);
        }
        let found = self.dns.lookup_ip(host).await.map_err(explain)?;
        Ok(found.iter().collect())
    }
}

fn explain(error: NetError) -> ResolveError {
    if error.is_no_records_found() {
        return ResolveError::NotFound;
    }
    ResolveError::Failed(match error {
        NetError::Timeout => "the name servers did not answer in time".to_owned(),
        other => format!("the name servers could not be asked or gave an error: {other}"),
    })
}

#[cfg(test)]
mod tests;
