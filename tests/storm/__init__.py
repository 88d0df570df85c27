"""The storm: a server under load is killed again and again, and nothing that it acknowledged is lost or done twice."""
