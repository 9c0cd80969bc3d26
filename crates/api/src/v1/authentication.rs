//! Portal tokens: a customer's access to its own application.

pub(crate) mod app_portal_access;
pub(crate) mod dashboard_access;
pub(crate) mod expire_all;
pub(crate) mod logout;
