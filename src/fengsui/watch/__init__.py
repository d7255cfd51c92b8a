"""The beacon: early warning from counts. Detectors over many series at once, Rt, nowcasts, back-projection.

Tables in, tables out; no database, no clock. From a notebook: ``from fengsui.watch.farrington import
farrington_flexible``; the detectors by name are in ``methods``, Rt in ``rt``, nowcasts in ``nowcast``.
"""
