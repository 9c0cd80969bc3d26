//! The Transport port: HTTP/1.1 over guarded, pooled connections.
