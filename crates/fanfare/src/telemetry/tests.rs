use super::*;

#[test]
fn levels_are_taken_by_name_and_by_part() {
    for level in ["info", "off", "TRACE", "info,fanfare_engine=debug", "warn,hyper=info"] {
        assert!(filter(level).is_ok(), "{level}");
    }
}

#[test]
fn misspelt_levels_are_refused() {
    for level in ["shout", "inof,fanfare_engine=debug", "info,fanfare_engine=loud"] {
        let error = filter(level).unwrap_err().to_string();
        assert!(error.contains("expected error, warn, info"), "{level}: {error}");
    }
}

#[test]
fn no_level_shows_the_values_of_statements() {
    let subscriber = tracing_subscriber::registry()
        .with(filter("trace,tokio_postgres=trace").unwrap())
        .with(filter_fn(says_no_secrets));
    tracing::subscriber::with_default(subscriber, || {
        assert!(tracing::enabled!(target: "tokio_postgres::query", Level::INFO));
        assert!(!tracing::enabled!(target: "tokio_postgres::query", Level::DEBUG));
        assert!(tracing::enabled!(target: "fanfare_store", Level::DEBUG));
    });
}
