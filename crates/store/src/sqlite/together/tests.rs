use rusqlite::Error;

use super::*;

fn store() -> Connection {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch("CREATE TABLE written (number INTEGER)").unwrap();
    conn
}

fn insert(conn: &Connection, number: i64) -> rusqlite::Result<i64> {
    conn.execute("INSERT INTO written VALUES (?)", [number])?;
    Ok(number)
}

fn written(conn: &Connection) -> Vec<i64> {
    let mut all = conn.prepare("SELECT number FROM written ORDER BY number").unwrap();
    all.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

#[test]
fn a_write_that_fails_is_undone_alone() {
    let conn = store();
    let (first, first_answer) = write(|conn| insert(conn, 1));
    let (failing, failing_answer) = write(|conn| insert(conn, 2).and(Err::<i64, _>(Error::InvalidQuery)));
    let (last, last_answer) = write(|conn| insert(conn, 4));
    assert!(perform(&conn, vec![first, failing, last]).is_ok());
    assert_eq!(written(&conn), [1, 4]);
    assert_eq!(first_answer.blocking_recv().unwrap(), Ok(1));
    assert!(matches!(failing_answer.blocking_recv().unwrap(), Err(StoreError::Broken(_))));
    assert_eq!(last_answer.blocking_recv().unwrap(), Ok(4));
}

#[test]
fn a_write_alone_that_fails_leaves_nothing() {
    let conn = store();
    let (failing, answer) = write(|conn| insert(conn, 1).and(Err::<i64, _>(Error::InvalidQuery)));
    assert!(perform(&conn, vec![failing]).is_err());
    assert!(conn.is_autocommit(), "the transaction is over");
    assert_eq!(written(&conn), [0_i64; 0]);
    assert!(answer.blocking_recv().unwrap().is_err());
}

#[test]
fn where_the_transaction_cannot_begin_or_commit_all_fail_and_nothing_is_stored() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("shared.db");
    let (conn, other) = (Connection::open(&path).unwrap(), Connection::open(&path).unwrap());
    conn.execute_batch("CREATE TABLE written (number INTEGER)").unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    conn.busy_timeout(std::time::Duration::ZERO).unwrap();
    let (writes, answers): (Vec<_>, Vec<_>) = (1..=3).map(|n| write(move |conn| insert(conn, n))).unzip();
    assert!(perform(&conn, writes).is_err());
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(written(&conn), [0_i64; 0]);
    for answer in answers {
        let error = answer.blocking_recv().unwrap().unwrap_err();
        assert!(matches!(error, StoreError::Unavailable { ambiguous: false, .. }), "{error}");
    }
}
