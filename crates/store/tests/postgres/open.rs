//! Opening: what is made, and what is said where it cannot be.

use fanfare_servers::{PgBouncer, Postgres};
use fanfare_store::postgres::{OpenError, PostgresStore};

use crate::{open, options};

/// The name of the database of a URL.
fn name(url: &str) -> &str {
    url.rsplit('/').next().unwrap()
}

async fn refused(url: &str) -> (OpenError, String) {
    let error = PostgresStore::open(options(url)).await.expect_err(url);
    let text = error.to_string();
    assert!(!text.contains("s3cret"), "{text}");
    assert!(!text.contains('\n'), "{text}");
    (error, text)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn makes_its_tables_and_says_what_it_cannot_use() {
    let server = Postgres::start();
    let url = server.create_database();
    let fresh = name(&url);
    // Many at once: each finds a whole store.
    let all = futures::future::join_all((0..4).map(|_| open(&url))).await;
    drop(all);
    assert_eq!(server.sql(fresh, "SELECT count(*) FROM fanfare_migrations"), "9");
    let partitions = "SELECT count(*) FROM pg_class WHERE relname ~ '_d[0-9]+$' AND relkind = 'r'";
    assert_eq!(server.sql(fresh, partitions), "9");
    PostgresStore::open_to_inspect(options(&url)).await.unwrap();

    server.sql(fresh, "UPDATE fanfare_migrations SET number = 99 WHERE number = 9");
    assert!(matches!(refused(&url).await.0, OpenError::Newer { found: 99, .. }));
    server.sql(fresh, "DELETE FROM fanfare_migrations WHERE number = 99");
    let older = PostgresStore::open_to_inspect(options(&url)).await.unwrap_err();
    assert!(matches!(older, OpenError::Older { found: 8, known: 9, .. }), "{older}");

    let others_url = server.create_database();
    let others = name(&others_url);
    server.sql(others, "CREATE TABLE messages (id int)");
    assert!(matches!(refused(&others_url).await.0, OpenError::NotAStore { .. }));
    // In a schema of its own there is room beside them.
    server.sql(others, "CREATE SCHEMA hooks");
    let beside = format!("{}?options=-csearch_path%3Dhooks", others_url);
    drop(open(&beside).await);
    assert_eq!(server.sql(others, "SELECT count(*) FROM hooks.fanfare_migrations"), "9");
    let nowhere = format!("{}?options=-csearch_path%3Dnone", others_url);
    assert!(refused(&nowhere).await.1.contains("search_path"));

    let missing = server.url("no_such_database");
    assert!(matches!(refused(&missing).await.0, OpenError::Refused { .. }));
    let latin = "CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0";
    server.sql("postgres", latin);
    assert!(refused(&server.url("latin")).await.1.contains("UTF8"));

    let empty_url = server.create_database();
    let empty = name(&empty_url);
    let inspected = PostgresStore::open_to_inspect(options(&server.url(empty))).await.unwrap_err();
    assert!(matches!(inspected, OpenError::NotAStore { .. }), "{inspected}");
    assert_eq!(server.sql(empty, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), "0");

    server.sql("postgres", &format!("ALTER DATABASE {fresh} SET default_transaction_read_only = on"));
    assert!(matches!(refused(&url).await.0, OpenError::ReadOnly(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn says_who_does_not_answer_and_who_lets_nobody_in() {
    let mut server = Postgres::start();
    server.sql("postgres", "CREATE ROLE locked LOGIN PASSWORD 's3cret'");
    server.sql("postgres", "ALTER ROLE locked NOLOGIN");
    let url = format!("postgres://locked:s3cret@127.0.0.1:{}/postgres", server.port());
    assert!(matches!(refused(&url).await.0, OpenError::Refused { .. }));
    let demands_tls = format!("{url}?sslmode=require");
    assert!(matches!(refused(&demands_tls).await.0, OpenError::Tls { .. }));
    let no_root = format!("{url}?sslmode=verify-full&sslrootcert=/none/such.pem");
    assert!(refused(&no_root).await.1.contains("/none/such.pem"));
    server.stop();
    assert!(matches!(refused(&url).await.0, OpenError::Unreachable { .. }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn opens_through_pgbouncer() {
    let server = Postgres::start();
    let direct = server.create_database();
    let database = name(&direct);
    let bouncer = PgBouncer::start(&server);
    let url = format!("{}?pgbouncer=true", bouncer.url(database));
    drop(open(&url).await);
    drop(open(&url).await);
    assert_eq!(server.sql(database, "SELECT count(*) FROM fanfare_migrations"), "9");
}
