//! Sorting PostgreSQL's errors by what the caller can do about them.

use std::{error::Error as _, io};

use deadpool_postgres::PoolError;
use fanfare_core::ports::store::StoreError;
use tokio_postgres::error::SqlState;

/// What can go wrong within a transaction.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// What PostgreSQL or the connection to it said.
    #[error("{}", said(.0))]
    Sql(#[from] tokio_postgres::Error),
    /// No connection came about.
    #[error("{}", said(.0))]
    Connect(tokio_postgres::Error),
    /// No connection could be had.
    #[error("{0}")]
    NoConnection(String),
    /// No answer came in time.
    #[error("PostgreSQL did not answer for {0:?}")]
    Silent(std::time::Duration),
    /// Another transaction was faster: to be done anew, over what it left.
    #[error("another transaction came in between: {0}")]
    Overtaken(&'static str),
    /// Stored data that makes no sense, or values that cannot be stored.
    #[error("{0}")]
    Data(Box<dyn std::error::Error + Send + Sync>),
}

/// What functions over a transaction return.
pub(super) type Done<T> = Result<T, Fault>;

/// An error for stored data that makes no sense, or values that cannot be stored.
pub(super) fn broken(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Fault {
    Fault::Data(what.into())
}

/// What kind of trouble a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Two transactions stood in each other's way: another try will do.
    Collision,
    /// The connection is gone, or of no use any more.
    Lost,
    /// PostgreSQL cannot do it now.
    Passing,
    /// It will not mend by trying again.
    Lasting,
}

impl Fault {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Sql(error) => kind(error),
            // To try again at once would not help, and there is no connection that could have been lost.
            Self::Connect(error) => match kind(error) {
                Kind::Lost | Kind::Collision | Kind::Passing => Kind::Passing,
                Kind::Lasting => Kind::Lasting,
            },
            Self::NoConnection(_) => Kind::Passing,
            Self::Silent(_) => Kind::Lost,
            Self::Overtaken(_) => Kind::Collision,
            Self::Data(_) => Kind::Lasting,
        }
    }

    /// What the port says about it.
    pub(super) fn store_error(&self, ambiguous: bool) -> StoreError {
        match self.kind() {
            Kind::Lasting => StoreError::Broken(self.to_string()),
            _ => StoreError::Unavailable { reason: self.to_string(), ambiguous },
        }
    }
}

impl From<PoolError> for Fault {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => Self::Connect(error),
            PoolError::Timeout(_) => {
                Self::NoConnection("no connection to PostgreSQL became free in time".to_owned())
            }
            other => Self::NoConnection(other.to_string()),
        }
    }
}

fn kind(error: &tokio_postgres::Error) -> Kind {
    let Some(db) = error.as_db_error() else {
        let lost = error.is_closed() || error.source().is_some_and(|source| source.is::<io::Error>());
        return if lost { Kind::Lost } else { Kind::Lasting };
    };
    let code = db.code();
    // Of statements sent together the one that failed may not be the first that we hear of.
    let collisions = [
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::IN_FAILED_SQL_TRANSACTION,
    ];
    if collisions.contains(code) {
        return Kind::Collision;
    }
    // A demoted primary, a server that shuts down, a pooler that lost its server: another connection may
    // lead to a better one.
    let lost = [
        SqlState::READ_ONLY_SQL_TRANSACTION,
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    ];
    // Class 08: connection exception. A statement prepared on a connection that a pooler exchanged, or before
    // its tables changed, is prepared anew on another connection.
    let stale = [SqlState::INVALID_SQL_STATEMENT_NAME, SqlState::DUPLICATE_PSTATEMENT];
    let class = code.code().get(..2).unwrap_or_default();
    if class == "08" || lost.contains(code) || stale.contains(code) || is_changed_plan(db) {
        return Kind::Lost;
    }
    // Class 53: insufficient resources, a full disk among them; 57: operator intervention, a timeout of ours
    // among them; 58: the system below. 55P03: a lock that was not had in time.
    let passing = ["53", "57", "58"].contains(&class) || *code == SqlState::LOCK_NOT_AVAILABLE;
    if passing { Kind::Passing } else { Kind::Lasting }
}

fn is_changed_plan(db: &tokio_postgres::error::DbError) -> bool {
    *db.code() == SqlState::FEATURE_NOT_SUPPORTED && db.message().contains("cached plan")
}

/// An error with all that led to it, in one line.
pub(super) fn said(error: &tokio_postgres::Error) -> String {
    let Some(db) = error.as_db_error() else {
        let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
        return format!("{error}{cause}");
    };
    let detail = db.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
    let hint = match *db.code() {
        SqlState::INVALID_SQL_STATEMENT_NAME | SqlState::DUPLICATE_PSTATEMENT => {
            "; if the connection goes through PgBouncer, add pgbouncer=true to the database URL"
        }
        _ => "",
    };
    format!("{}{detail} [SQLSTATE {}]{hint}", db.message(), db.code().code())
}
