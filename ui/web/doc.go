// Package web shows a run's view in a browser: a server of static files, of the view as JSON, and of one WebSocket a tab.
//
// The server shares three things with the run's loop: the newest published view, which never changes afterwards; one bounded queue
// for fills and alarms; and commands, which it passes on one by one. It never calls into the loop's data, and the loop never
// waits for it: [Server.Publish], [Server.Fill] and [Server.Alarm] return at once and wake one goroutine, whatever the number of
// tabs. That one encodes each part of a view once and hands the same bytes to every tab; a slow tab misses views. While nobody
// watches nothing is asked of the loop.
//
// It listens on loopback only. Every request passes the table of [Routes]: the name of the host before anything else, then the
// method, the session, the origin and the confirmation, as the route's policy says. PROTOCOL.md says what travels.
package web
