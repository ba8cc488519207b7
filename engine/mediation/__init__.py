"""Who mediates where: organisations, their mediators and rooms, bookings, referrals of cases, and offers made."""
