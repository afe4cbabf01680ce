"""The LangGraph graph of Teacher and Student: lanes, judging, distilling."""
