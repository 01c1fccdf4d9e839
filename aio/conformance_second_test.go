package aio_test

import "slices"

// rowsSecond are the behaviours of the second half: groups that fail, timeouts, queues, what tasks share, the loop itself, Run,
// blocking calls and the eager start.
var rowsSecond = slices.Concat(rowsGroups, rowsTimeouts, rowsQueues, rowsLocks, rowsSemaphores, rowsLoop, rowsReports, rowsRun, rowsBlocking, rowsEager)
