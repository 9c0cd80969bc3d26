mod expunge;
mod list;
mod request;
