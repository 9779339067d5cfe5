"""The service on top of the library: store, audio, jobs, HTTP. The library never imports it."""
