"""The search agent over HTTP: runs that are kept and can be followed, short answers, chats."""
