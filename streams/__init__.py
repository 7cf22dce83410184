"""Every way an event comes in, is kept and goes out. Empty on purpose: importing `streams` starts and loads nothing."""
