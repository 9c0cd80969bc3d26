use std::net::SocketAddr;

use hickory_resolver::{
    config::ConnectionConfig,
    lookup::Lookup,
    proto::{
        op::{Message, ResponseCode},
        rr::{RData, Record},
    },
};
use tokio::net::UdpSocket;

use super::*;

/// A resolver that asks `server` and nobody else.
fn asking(server: SocketAddr, hosts: Hosts) -> SystemResolver {
    let mut udp = ConnectionConfig::udp();
    udp.port = server.port();
    let servers = vec![NameServerConfig::new(server.ip(), true, vec![udp])];
    let config = ResolverConfig::from_parts(None, Vec::new(), servers);
    SystemResolver::build(Resolver::builder_with_config(config, TokioRuntimeProvider::default()), hosts)
        .unwrap()
}

/// A name server: `found.example` has an address of each family, `damaged.example` an error, others nothing.
async fn serve(socket: UdpSocket) {
    let mut bytes = [0; 512];
    loop {
        let (length, from) = socket.recv_from(&mut bytes).await.unwrap();
        let question = Message::from_vec(&bytes[..length]).unwrap();
        let query = question.queries[0].clone();
        let mut answer = Message::response(question.metadata.id, question.metadata.op_code);
        match query.name().to_string().as_str() {
            "found.example." => {
                let address: IpAddr = match query.query_type() {
                    RecordType::A => "192.0.2.1".parse().unwrap(),
                    _ => "2001:db8::1".parse().unwrap(),
                };
                answer.add_answer(Record::from_rdata(query.name().clone(), 60, RData::from(address)));
            }
            "damaged.example." => answer.metadata.response_code = ResponseCode::ServFail,
            _ => answer.metadata.response_code = ResponseCode::NXDomain,
        }
        answer.add_query(query);
        socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
    }
}

async fn resolve(host: &str, hosts: Hosts) -> Result<Vec<IpAddr>, ResolveError> {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let resolver = asking(socket.local_addr().unwrap(), hosts);
    tokio::select! {
        biased;
        () = serve(socket) => unreachable!("it serves for ever"),
        found = resolver.resolve(host) => found,
    }
}

#[tokio::test]
async fn both_families_are_found() {
    let mut found = resolve("found.example", Hosts::default()).await.unwrap();
    found.sort();
    assert_eq!(found, ["192.0.2.1", "2001:db8::1"].map(|address| address.parse::<IpAddr>().unwrap()));
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_not_a_name_server_that_fails() {
    assert_eq!(resolve("gone.example", Hosts::default()).await, Err(ResolveError::NotFound));
    let failed = resolve("damaged.example", Hosts::default()).await.unwrap_err();
    assert!(matches!(&failed, ResolveError::Failed(why) if why.contains("name servers")), "{failed}");
}

#[tokio::test]
async fn the_hosts_file_has_the_first_and_only_word() {
    let mut hosts = Hosts::default();
    let name: Name = "found.example.".parse().unwrap();
    let address: IpAddr = "198.51.100.7".parse().unwrap();
    let record = Record::from_rdata(name.clone(), 60, RData::from(address));
    let lookup = Lookup::new_with_max_ttl(Query::query(name.clone(), RecordType::A), [record]);
    hosts.insert(name, RecordType::A, lookup);
    assert_eq!(resolve("found.example", hosts).await, Ok(vec![address]));
}

#[tokio::test]
async fn localhost_is_this_machine_and_the_system_configuration_is_usable() {
    let found = SystemResolver::new().unwrap().resolve("localhost").await.unwrap();
    assert!(!found.is_empty() && found.iter().all(IpAddr::is_loopback), "{found:?}");
}

#[tokio::test]
async fn no_system_name_server_is_no_reason_not_to_start() {
    let builder = local_name_server(&NetError::from("no nameservers found in config"));
    let resolver = SystemResolver::build(builder, Hosts::default()).unwrap();
    assert!(resolver.resolve("localhost").await.is_ok());
}
