package app

// CompareBooks is compareBooks, for the test that plants a wrong level.
var CompareBooks = compareBooks
