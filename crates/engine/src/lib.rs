//! Accept, dispatch, record, retry, rescue: services over the ports.
