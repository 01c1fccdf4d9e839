// Package aio is an asyncio for Go: one loop, one baton, coroutines of equal rank that hand control to each other.
package aio
